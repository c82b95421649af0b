// Exported folders: what config.json says, read back by our own readers of such folders.
#include "pretrained/export/export.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "config/problems.h"
#include "core/file.h"
#include "pretrained/checkpoint.h"
#include "pretrained/start/decoder_config.h"
#include "support/source_dir.h"
#include "weights/safetensors.h"

namespace sinkmoe::pretrained {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class Export : public testing::Test {
 protected:
  Export()
      : root_(fs::path(testing::TempDir()) / ("sinkmoe_export_" + std::to_string(::getpid()))) {
    fs::remove_all(root_);
    fs::create_directories(root_);
    config.model.width = 32;
    config.model.mlp = config::Mlp::swiglu;
    config.model.mlp_ratio = 1.25;
    config.data.context = 20;
  }
  ~Export() override { fs::remove_all(root_); }

  // The committed LLaMA checkpoint has the names and shapes that a run with these settings writes.
  fs::path weights() const {
    return source_dir() / "tests/inference/checkpoints/llama2/model.safetensors";
  }
  fs::path out() const { return root_ / "out"; }
  nlohmann::json exported() const {
    export_model({.config = config, .weights = weights(), .out = out(), .bos = 3});
    return nlohmann::json::parse(read_file(out() / "config.json", 1 << 20));
  }

  config::RunConfig config;

 private:
  fs::path root_;
};

TEST_F(Export, AVanillaModelIsALlamaThatOurReaderFindsEqual) {
  config.model.rotary_base = 5000;
  config.model.norm_eps = 1e-4;
  EXPECT_EQ(exported().at("model_type"), "llama");
  const Model model = open_model(out());
  const config::ModelConfig read = decoder_config(model.architecture, 20, "out");
  EXPECT_EQ(read.layers, 2);
  EXPECT_EQ(read.mlp_ratio, 1.25);
  EXPECT_EQ(read.rotary_base, 5000);
  EXPECT_EQ(read.norm_eps, 1e-4);
  EXPECT_EQ(model.architecture.bos, 3);
  EXPECT_FALSE(fs::exists(out() / "modeling_sinkmoe.py"));
  const weights::Safetensors before(weights()), after(out() / "model.safetensors");
  ASSERT_EQ(before.tensors().size(), after.tensors().size());
  for (const weights::TensorView& tensor : before.tensors())
    EXPECT_TRUE(std::ranges::equal(tensor.data, after.at(tensor.name).data)) << tensor.name;
  EXPECT_FALSE(after.metadata().contains("sinkmoe_config"));  // it holds paths
}

TEST_F(Export, TheFamilyIsTheOneThatComputesTheSame) {
  config.model.qk_norm = true;
  EXPECT_EQ(exported_family(config), "qwen3");
  config.model.qk_norm = false;
  for (const auto change :
       {+[](config::RunConfig& c) { c.attention.kind = "sink"; },
        +[](config::RunConfig& c) { c.attention.kind = "gated"; },
        +[](config::RunConfig& c) { c.model.mlp = config::Mlp::gelu; },
        +[](config::RunConfig& c) { c.model.positions = config::Positions::learned; }}) {
    config::RunConfig other = config;
    change(other);
    EXPECT_EQ(exported_family(other), "sinkmoe");
  }
}

TEST_F(Export, AnotherModelComesWithItsClass) {
  config.attention.kind = "gated";
  config.attention.options.set("gated", "form", std::string("elementwise"));
  config.attention.options.set("gated", "bias", 2.0);
  const nlohmann::json json = exported();
  EXPECT_EQ(json.at("auto_map").at("AutoModelForCausalLM"), "modeling_sinkmoe.SinkmoeForCausalLM");
  EXPECT_EQ(json.at("attention_kind"), "gated");
  EXPECT_EQ(json.at("gate_form"), "elementwise");
  EXPECT_EQ(json.at("gated_bias"), 2.0);
  const std::string python = read_file(out() / "modeling_sinkmoe.py", 1 << 20);
  for (const auto& [key, value] : json.items())
    if (!key.starts_with("bos") && !key.starts_with("eos") && key != "torch_dtype" &&
        key != "architectures" && key != "auto_map" && key != "tie_word_embeddings" &&
        key != "use_cache" && key != "model_type")
      EXPECT_THAT(python, HasSubstr("self." + key + " = " + key)) << "a setting without a reader";
}

TEST_F(Export, AnExistingFolderIsKept) {
  fs::create_directory(out());
  EXPECT_THAT(complaint([&] { exported(); }), HasSubstr("exists already"));
  EXPECT_TRUE(fs::is_empty(out()));
}

TEST_F(Export, WeightsOfAnotherModelLeaveNothing) {
  config.model.width = 64;
  EXPECT_THAT(complaint([&] { exported(); }), HasSubstr("does not have the width"));
  EXPECT_TRUE(folder_names(out().parent_path()).empty());
}

}  // namespace
}  // namespace sinkmoe::pretrained
