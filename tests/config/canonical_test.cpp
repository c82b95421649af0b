#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "config/compose/canonical.h"
#include "config/grown_config.h"
#include "config/problems.h"
#include "config/test_plugins.h"
#include "core/text/utf8.h"

namespace sinkmoe::config {
namespace {

using ::testing::HasSubstr;

rc::Gen<RunConfig> any_config() {
  return rc::gen::exec([] {
    RunConfig c;
    c.model.heads = *rc::gen::inRange<int64_t>(1, 9);
    c.model.width = c.model.heads * 2 * *rc::gen::inRange<int64_t>(1, 100);
    c.model.init_std = std::abs(std::fmod(*rc::gen::arbitrary<double>(), 10.0));
    if (c.model.init_std < 1e-37) c.model.init_std = 0;
    c.model.norm_eps = *rc::gen::element(0.0, 1.2e-38, 1e-5, 0.1, 1.0 / 3.0);
    c.model.qk_norm = *rc::gen::arbitrary<bool>();
    c.attention.kind = *rc::gen::string<std::string>();
    c.balance.shared_heads = 0;
    c.train.steps = *rc::gen::inRange<int64_t>(0, 1000000000);
    c.train.seed = *rc::gen::inRange<int64_t>(0, 1000000000000000);
    return c;
  });
}

RC_GTEST_PROP(Canonical, ReadsBackToTheSameConfig, ()) {
  RunConfig config = *any_config();
  if (!valid_utf8(config.attention.kind)) config.attention.kind = "replaced";
  RC_ASSERT(parse_canonical(canonical_text(config), "stored") == config);
}

TEST(Canonical, HoldsEveryFieldInOrder) {
  const std::string text = canonical_text(RunConfig{});
  EXPECT_TRUE(text.starts_with("model.layers = 2\nmodel.width = 64\n")) << text;
  EXPECT_THAT(text, HasSubstr("train.lr = 0.008\n"));
  EXPECT_EQ(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), field_keys().size());
}

TEST(Canonical, TextsKeepQuotesAndControlCharacters) {
  RunConfig config;
  config.data.path = "a \"b\" \\ \n\t\x01 é";
  EXPECT_EQ(parse_canonical(canonical_text(config), "stored"), config);
}

TEST(Canonical, AStoredTextWithAMissingFieldTakesItsDefault) {
  EXPECT_EQ(parse_canonical("model.layers = 3\n", "stored").model.layers, 3);
  EXPECT_THAT(complaint([] { parse_canonical("model.depth = 3\n", "stored"); }),
              HasSubstr("unknown key 'model.depth'"));
}

TEST(Identity, HoldsOnlyWhatDiffersFromTheDefaults) {
  RunConfig config;
  EXPECT_EQ(identity_text(config), "");
  config.balance.weight = 0.01;
  config.train.seed = 2;
  EXPECT_EQ(identity_text(config), "balance.weight = 0.01\ntrain.seed = 2\n");
}

TEST(Identity, LeavesOutWhatDecidesNoResult) {
  RunConfig config;
  config.data.path = "elsewhere";
  config.run.threads = 8;
  config.run.log_every = 1;
  config.train.checkpoint_every = 7;
  EXPECT_EQ(identity_text(config), "");
  config.run.device = Device::cuda;
  EXPECT_EQ(identity_text(config), "run.device = \"cuda\"\n");
}

TEST(Identity, ANewNeutralFieldChangesNothing) {
  GrownConfig grown;
  grown.train.lr = 1e-3;
  RunConfig config;
  config.train.lr = 1e-3;
  EXPECT_EQ(identity_text(collect_views(grown)), identity_text(config));
  EXPECT_NE(canonical_text(collect_views(grown)), canonical_text(config));
  grown.train.dropout = 0.1;
  EXPECT_EQ(identity_text(collect_views(grown)), "train.dropout = 0.1\ntrain.lr = 0.001\n");
}

TEST(Identity, NegativeZeroIsZero) {
  EXPECT_EQ(identity_text(compose({set("balance.weight", "-0.0")}).config), "");
  EXPECT_EQ(canonical_text(compose({set("balance.weight", "-0.0")}).config),
            canonical_text(RunConfig{}));
}

TEST(Differences, NamesTheFieldsThatDiffer) {
  RunConfig a, b;
  b.train.lr = 1e-3;
  const auto found = differences(a, b);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].key + " " + found[0].a + " " + found[0].b, "train.lr 0.008 0.001");
  EXPECT_TRUE(differences(a, a).empty());
}

TEST(FieldType, KnowsEveryField) {
  EXPECT_EQ(field_type("model.layers"), "int");
  EXPECT_EQ(field_type("train.lr"), "float");
  EXPECT_EQ(field_type("model.qk_norm"), "bool");
  EXPECT_EQ(field_type("data.path"), "string");
  EXPECT_EQ(field_type("model"), "");
}

}  // namespace
}  // namespace sinkmoe::config
