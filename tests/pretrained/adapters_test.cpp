// Folders of adapters: settings that are read, and those that would give another model.
#include "pretrained/adapters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "config/problems.h"
#include "core/file.h"
#include "pretrained/checkpoint.h"
#include "pretrained/model_hash.h"
#include "pretrained/start/adapter_start.h"
#include "support/source_dir.h"

namespace sinkmoe::pretrained {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const char* const kSettings = R"({"peft_type": "LORA", "r": 4, "lora_alpha": 8)";

std::string refused(const std::string& more) {
  return complaint([&] { parse_adapter_config(kSettings + (", " + more) + "}", "a.json"); });
}

TEST(AdapterConfig, HasTheScaleOfPeft) {
  const AdapterConfig plain = parse_adapter_config(std::string(kSettings) + "}", "a.json");
  EXPECT_EQ(plain.scale(), 2);
  const AdapterConfig root =
      parse_adapter_config(std::string(kSettings) + R"(, "use_rslora": true})", "a.json");
  EXPECT_EQ(root.scale(), 4);
}

TEST(AdapterConfig, OtherFunctionsAreRefusedByName) {
  EXPECT_THAT(refused(R"("use_dora": true)"), HasSubstr("use_dora"));
  EXPECT_THAT(refused(R"("rank_pattern": {"q_proj": 8})"), HasSubstr("rank_pattern"));
  EXPECT_THAT(refused(R"("modules_to_save": ["lm_head"])"), HasSubstr("modules_to_save"));
  EXPECT_THAT(refused(R"("target_parameters": ["experts.down_proj"])"),
              HasSubstr("target_parameters"));
  EXPECT_THAT(refused(R"("bias": "all")"), HasSubstr("bias"));
  EXPECT_THAT(refused(R"("init_lora_weights": "pissa")"), HasSubstr("init_lora_weights"));
  EXPECT_THAT(refused(R"("some_later_setting": 3)"), HasSubstr("some_later_setting"));
  EXPECT_EQ(refused(R"("some_later_setting": null, "use_dora": false, "loftq_config": {})"), "");
  EXPECT_THAT(complaint([] { parse_adapter_config(R"({"peft_type": "IA3"})", "a.json"); }),
              HasSubstr("is 'IA3'"));
}

class AdapterFolder : public testing::Test {
 protected:
  AdapterFolder()
      : root_(fs::path(testing::TempDir()) / ("sinkmoe_adapters_" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::copy(source_dir() / "tests/inference/adapters/llama2_qkvo", root_);
  }
  ~AdapterFolder() override { fs::remove_all(root_); }

  void change(const char* name, const std::string& from, const std::string& to) const {
    std::string text = read_file(root_ / name, 1 << 20);
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    write_file_atomic(root_ / name, text.replace(at, from.size(), to));
  }
  std::string opened() const {
    return complaint([&] { open_model(base_, root_); });
  }

  const fs::path base_ = source_dir() / "tests/inference/checkpoints/llama2";
  fs::path root_;
};

TEST_F(AdapterFolder, ChangesTheHashByItsNumbersAndScale) {
  const auto hash = [&] { return model_hash(open_model(base_, root_), ""); };
  const std::string first = hash();
  EXPECT_NE(first, model_hash(open_model(base_), ""));
  change("adapter_config.json", "\"lora_dropout\": 0.05", "\"lora_dropout\": 0.5");
  EXPECT_EQ(hash(), first);  // no part of the function
  change("adapter_config.json", "\"lora_alpha\": 6", "\"lora_alpha\": 7");
  EXPECT_NE(hash(), first);
}

TEST_F(AdapterFolder, WhatCannotBeAppliedIsRefused) {
  change("adapter_config.json", "\"r\": 3", "\"r\": 4");
  EXPECT_THAT(opened(), HasSubstr("has the shape [3, 32], expected [4, 32]"));
  change("adapter_config.json", "\"r\": 4", "\"r\": 3");
  EXPECT_EQ(opened(), "");
  change("adapter_model.safetensors", "layers.1.self_attn.o_proj.lora_A",
         "layers.9.self_attn.o_proj.lora_A");
  EXPECT_THAT(opened(), HasSubstr("adapts nothing that this model has"));
  EXPECT_THAT(complaint([&] { open_model(root_); }), HasSubstr("--adapter"));  // moved
  EXPECT_THAT(complaint([&] { open_model(base_, base_ / "nothing"); }), HasSubstr("not a folder"));
}

TEST_F(AdapterFolder, ARunGoesOnWithTheSameAdaptersOnly) {
  config::TrainConfig train;
  train.lora_form = config::LoraForm::peft;
  train.lora_rank = 3;
  train.lora_alpha = 6;
  train.init_checkpoint = root_.string();
  fs::create_directory_symlink(base_, root_ / "base_model");
  const Model model = open_model(root_);
  EXPECT_TRUE(continues_adapters(train));
  EXPECT_EQ(complaint([&] { check_continued(train, model); }), "");
  train.lora_rank = 8;
  EXPECT_THAT(complaint([&] { check_continued(train, model); }),
              HasSubstr("set train.lora_rank = 3 and train.lora_alpha = 6"));
  train.lora_rank = 0;
  EXPECT_FALSE(continues_adapters(train));
}

}  // namespace
}  // namespace sinkmoe::pretrained
