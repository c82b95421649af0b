// What the identity of a pretrained model depends on.
#include "pretrained/model_hash.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "core/file.h"
#include "support/source_dir.h"
#include "weights/safetensors.h"

namespace sinkmoe::pretrained {
namespace {

namespace fs = std::filesystem;

class ModelHash : public testing::Test {
 protected:
  ModelHash()
      : root_(fs::path(testing::TempDir()) / ("sinkmoe_model_hash_" + std::to_string(::getpid()))),
        folder_(root_ / "model") {
    fs::remove_all(root_);
    fs::create_directories(root_);
    fs::copy(source_dir() / "tests/inference/checkpoints/llama_tied", folder_);
  }
  ~ModelHash() override { fs::remove_all(root_); }
  std::string hash() const { return model_hash(open_model(folder_), root_ / "cache"); }
  void change(const char* file, const std::string& from, const std::string& to) const {
    std::string text = read_file(folder_ / file, 1 << 20);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    write_file_atomic(folder_ / file, text.replace(at, from.size(), to));
  }
  fs::path root_, folder_;
};

TEST_F(ModelHash, DependsOnTensorsAndNotOnShardsOrPlaces) {
  const std::string sharded = hash();
  // The same tensors in one file.
  std::vector<weights::Safetensors> shards;
  std::vector<weights::TensorView> all;
  for (const std::string& name : folder_names(folder_))
    if (name.ends_with(".safetensors")) shards.emplace_back(folder_ / name);
  ASSERT_EQ(shards.size(), 3u);
  for (const weights::Safetensors& shard : shards)
    all.insert(all.end(), shard.tensors().begin(), shard.tensors().end());
  for (const std::string& name : folder_names(folder_))
    if (name.starts_with("model")) fs::remove(folder_ / name);
  weights::write_safetensors(folder_ / "model.safetensors", all, {});
  fs::rename(folder_, root_ / "elsewhere");
  folder_ = root_ / "elsewhere";
  EXPECT_EQ(hash(), sharded);
}

TEST_F(ModelHash, ChangesWithAWeightTheConfigAndTheTokenizer) {
  const std::string first = hash();
  change("config.json", "\"rms_norm_eps\": 1e-06", "\"rms_norm_eps\": 2e-06");
  const std::string second = hash();
  EXPECT_NE(second, first);
  write_file_atomic(folder_ / "tokenizer.json", "{}");
  const std::string third = hash();
  EXPECT_NE(third, second);
  std::fstream file(folder_ / "model-00001-of-00003.safetensors",
                    std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-1, std::ios::end);
  file.put('\1');
  file.close();
  EXPECT_NE(hash(), third);
}

TEST_F(ModelHash, OfASmallModelIsNotRemembered) {
  hash();
  EXPECT_FALSE(fs::exists(root_ / "cache"));
}

}  // namespace
}  // namespace sinkmoe::pretrained
