// Folders with one fault each, and the messages about them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "config/problems.h"
#include "core/file.h"
#include "pretrained/checkpoint.h"
#include "support/source_dir.h"

namespace sinkmoe::pretrained {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// A copy of a good checkpoint that may be damaged.
class Folder : public testing::Test {
 protected:
  void take(const std::string& name) {
    const auto* test = testing::UnitTest::GetInstance()->current_test_info();
    folder = fs::path(testing::TempDir()) / (std::string("sinkmoe_folder_") + test->name());
    fs::remove_all(folder);
    fs::copy(source_dir() / "tests/inference/checkpoints" / name, folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string refused() const {
    return complaint([&] { open_model(folder); });
  }
  // Replaces a text of the same length in the header of the weights.
  void patch(const std::string& file, const std::string& from, const std::string& to) const {
    std::string content = read_file(folder / file, 1 << 20);
    const size_t at = content.find(from);
    ASSERT_NE(at, std::string::npos);
    write_file_atomic(folder / file, content.replace(at, from.size(), to));
  }
  fs::path folder;
};

TEST_F(Folder, AGoodOneIsOpened) {
  take("llama_tied");
  EXPECT_EQ(refused(), "");
}

// Any changed byte of the text files: the folder is opened, or refused with an Error.
TEST_F(Folder, WithAnyDamagedByteIsOpenedOrRefused) {
  int opened = 0, refusals = 0;
  for (const char* name : {"llama_tied", "gpt_oss", "gemma3"}) {
    take(name);
    for (const char* file : {"config.json", "model.safetensors.index.json"}) {
      if (!fs::exists(folder / file)) continue;
      const std::string good = read_file(folder / file, 1 << 20);
      for (size_t at = 0; at < good.size(); ++at)
        for (const char replacement : {'9', '"', '{', '\xff', '-'}) {
          std::string bad = good;
          bad[at] = replacement;
          std::ofstream(folder / file, std::ios::binary) << bad;
          ++(refused().empty() ? opened : refusals);
        }
      std::ofstream(folder / file, std::ios::binary) << good;
    }
  }
  EXPECT_GT(opened, 100);
  EXPECT_GT(refusals, 1000);
}

TEST_F(Folder, WithoutConfig) {
  take("llama2");
  fs::remove(folder / "config.json");
  EXPECT_THAT(refused(), HasSubstr("config.json is missing"));
}

TEST_F(Folder, ThatIsAFile) {
  take("llama2");
  folder /= "config.json";
  EXPECT_THAT(refused(), HasSubstr("not a folder"));
  folder = folder.parent_path();
}

TEST_F(Folder, WithoutWeights) {
  take("llama2");
  fs::remove(folder / "model.safetensors");
  EXPECT_THAT(refused(), HasSubstr("neither model.safetensors nor"));
}

TEST_F(Folder, WithACutShard) {
  take("llama_tied");
  const fs::path shard = folder / "model-00002-of-00003.safetensors";
  fs::resize_file(shard, fs::file_size(shard) - 100);
  EXPECT_THAT(refused(), HasSubstr("model-00002-of-00003.safetensors"));
  EXPECT_THAT(refused(), HasSubstr("lie outside"));
}

TEST_F(Folder, WithoutAShard) {
  take("llama_tied");
  fs::remove(folder / "model-00003-of-00003.safetensors");
  EXPECT_THAT(refused(), HasSubstr("the shard 'model-00003-of-00003.safetensors' is missing"));
}

TEST_F(Folder, WhoseIndexNamesATensorThatIsNotThere) {
  take("llama_tied");
  patch("model.safetensors.index.json", "model.norm.weight", "model.norn.weight");
  EXPECT_THAT(refused(), HasSubstr("tensor 'model.norn.weight' is not in"));
}

TEST_F(Folder, WhoseIndexLeavesTheFolder) {
  take("llama_tied");
  patch("model.safetensors.index.json", "model-00001-of-00003.safetensors",
        "../el-00001-of-00003.safetensors");
  EXPECT_THAT(refused(), HasSubstr("is not a name of a shard"));
}

TEST_F(Folder, WithAnotherShapeThanTheConfigSays) {
  take("llama2");
  patch("config.json", "\"intermediate_size\": 40", "\"intermediate_size\": 44");
  EXPECT_THAT(refused(), HasSubstr("has the shape [40, 32], the config asks for [44, 32]"));
}

TEST_F(Folder, WithIntegersAsWeights) {
  take("llama2");
  patch("model.safetensors", "\"dtype\":\"F32\"", "\"dtype\":\"I32\"");
  EXPECT_THAT(refused(), HasSubstr("is I32; F32, F16 and BF16 can be read"));
}

TEST_F(Folder, WithABiasThatTheConfigDoesNotMention) {
  take("qwen2");
  patch("config.json", "\"model_type\": \"qwen2\"", "\"model_type\": \"llama\"");
  // Keys that only qwen2 knows become keys that every family ignores.
  patch("config.json", "\"use_sliding_window\"", "\"pretraining_tp\"");
  patch("config.json", "\"layer_types\"", "\"id2label\"");
  patch("config.json", "\"max_window_layers\"", "\"label2id\"");
  patch("config.json", "\"sliding_window\"", "\"classifier_dropout\"");
  EXPECT_THAT(refused(), HasSubstr("layers.0.self_attn.k_proj.bias"));
  EXPECT_THAT(refused(), HasSubstr("has no place for it"));
}

TEST_F(Folder, WithoutAnOutputMatrixAlthoughNotTied) {
  take("llama_tied");
  patch("config.json", "\"tie_word_embeddings\": true", "\"tie_word_embeddings\": false");
  EXPECT_THAT(refused(), HasSubstr("no tensor 'lm_head.weight', which the config asks for"));
}

}  // namespace
}  // namespace sinkmoe::pretrained
