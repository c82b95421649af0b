// Runs that start from a pretrained model: which settings they get, and what their identity is.
#include <gmock/gmock.h>

#include "plan_fixture.h"
#include "support/source_dir.h"

namespace sinkmoe::plan {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

const std::string kModels = (source_dir() / "tests/inference/checkpoints/").string();

class InitCheckpoint : public PlanTest {
 protected:
  RunSpec only(const std::string& toml, const std::vector<std::string>& overrides = {}) {
    return plan(toml, overrides).runs.at(0);
  }
  static std::string from(const std::string& folder) {
    return "train.init_checkpoint = \"" + folder + "\"\n";
  }
};

TEST_F(InitCheckpoint, TakesTheShapeOfTheModel) {
  const RunSpec run = only(from(kModels + "llama2"));
  EXPECT_EQ(run.config.model.width, 32);
  EXPECT_EQ(run.config.model.mlp, config::Mlp::swiglu);
  EXPECT_EQ(run.config.train.init_hash.size(), 64u);
}

TEST_F(InitCheckpoint, ItsIdentityIsTheHashAndNotThePath) {
  const fs::path copy = fs::path(::testing::TempDir()) / "sinkmoe_init_checkpoint_copy";
  fs::remove_all(copy);
  fs::copy(kModels + "llama2", copy);
  const std::string here = only(from(kModels + "llama2")).run_id,
                    there = only(from(copy.string())).run_id;
  EXPECT_EQ(here, there);
  EXPECT_NE(here, only("train.seed = 0\n").run_id);
  fs::remove_all(copy);
}

TEST_F(InitCheckpoint, AnotherShapeOrAModelThatIsNotOursIsRefused) {
  EXPECT_THAT(refused(from(kModels + "llama2"), {"model.width=64"}),
              HasSubstr("model.width is 64, but the checkpoint has 32"));
  EXPECT_THAT(refused(from(kModels + "llama2") + "model.heads = 2\n"),
              HasSubstr("model.heads is 2, but the checkpoint has 4"));
  EXPECT_THAT(refused(from(kModels + "qwen2")), HasSubstr("our decoder does not have: biases"));
  EXPECT_THAT(refused(from("/nowhere")), HasSubstr("/nowhere"));
  EXPECT_THAT(refused("train.init_hash = \"abc\"\n"), HasSubstr("train.init_hash names a model"));
}

}  // namespace
}  // namespace sinkmoe::plan
