// What the identity of a pretrained model depends on.
#include "pretrained/model_hash.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "config/problems.h"
#include "core/file.h"
#include "support/source_dir.h"
#include "weights/safetensors.h"
#include "weights/safetensors_file.h"

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

// The file with the bytes from `offset` of a tensor on replaced.
void poke(const fs::path& file, const std::string& tensor, uint64_t offset,
          std::string_view bytes) {
  const uint64_t begin = weights::SafetensorsFile(file).find(tensor)->begin;
  std::string text = read_file(file, 1 << 24);
  uint64_t header = 0;
  std::memcpy(&header, text.data(), sizeof header);
  write_file_atomic(file, text.replace(8 + header + begin + offset, bytes.size(), bytes));
}

// In every stored type: in the row of an id that no text may hold, at the end of a tensor, and in the
// scales of 4-bit blocks.
TEST_F(ModelHash, NaNOrInfinityIsRefusedWithItsRow) {
  const auto refused = [&](const std::string& model, const std::string& tensor, uint64_t offset,
                           std::string_view bytes) {
    fs::remove_all(folder_);
    fs::copy(source_dir() / "tests/inference/checkpoints" / model, folder_);
    for (const std::string& name : folder_names(folder_))
      if (name.ends_with(".safetensors") && weights::SafetensorsFile(folder_ / name).find(tensor))
        poke(folder_ / name, tensor, offset, bytes);
    return complaint([&] { hash(); });
  };
  using testing::HasSubstr;
  const std::string embedding = "model.embed_tokens.weight", last = "model.norm.weight";
  EXPECT_THAT(
      refused("llama2", embedding, 4 * 32 * 63, {"\0\0\xc0\x7f", 4}),
      HasSubstr("tensor 'model.embed_tokens.weight': holds NaN or infinity in row 63 of 64"));
  EXPECT_THAT(refused("llama2", last, 4 * 31, {"\0\0\x80\xff", 4}), HasSubstr("row 31 of 32"));
  EXPECT_THAT(refused("llama_tied", embedding, 2 * 33, {"\0\x7c", 2}), HasSubstr("row 1 of 64"));
  EXPECT_THAT(refused("qwen2", last, 0, {"\x80\xff", 2}), HasSubstr("row 0 of 32"));
  EXPECT_THAT(refused("gpt_oss_mxfp4", "model.layers.1.mlp.experts.down_proj_scales", 40, "\xff"),
              HasSubstr("holds NaN or infinity in row 1 of 3"));
  // The largest finite numbers, and bytes that only look like NaN.
  EXPECT_EQ(refused("llama2", embedding, 0, {"\xff\xff\x7f\x7f", 4}), "");
  EXPECT_EQ(refused("llama2", embedding, 0, {"\xc0\x7f", 2}), "");
  EXPECT_EQ(refused("gpt_oss_mxfp4", "model.layers.1.mlp.experts.down_proj_blocks", 0, "\xff"), "");
}

TEST_F(ModelHash, OfASmallModelIsNotRemembered) {
  hash();
  EXPECT_FALSE(fs::exists(root_ / "cache"));
}

}  // namespace
}  // namespace sinkmoe::pretrained
