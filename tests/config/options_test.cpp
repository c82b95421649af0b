// Options of plug-ins: typed where they are declared, under their own and under their stored keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compose/canonical.h"
#include "config/problems.h"
#include "config/test_plugins.h"

namespace sinkmoe::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct OptionsTest : ::testing::Test {
  TestPlugins plugins;

  static RunConfig configured(const std::vector<Setting>& settings) {
    return compose(settings).config;
  }
  static std::string refused(const std::vector<Setting>& settings) {
    return complaint([&] { compose(settings); });
  }
};

TEST_F(OptionsTest, AreTypedInTheirPlugin) {
  const RunConfig config =
      configured({set("attention.kind", "'shaped'"), set("attention.shaped.form", "'square'")});
  EXPECT_EQ(config.attention.chosen<ShapedOptions>().form, Shape::square);
  EXPECT_EQ(config.attention.chosen<ShapedOptions>().corners, 4);
}

TEST_F(OptionsTest, AreCheckedAsFieldsAre) {
  EXPECT_THAT(refused({set("attention.kind", "'sunk'"), set("attention.sunk.init", "200")}),
              HasSubstr("f:1:2: attention.sunk.init is 200, out of range; give a value from -100"));
  EXPECT_THAT(refused({set("attention.shaped.form", "'squaer'")}),
              HasSubstr("no such choice; did you mean 'square'? known: round, square"));
  EXPECT_THAT(refused({set("attention.sunk.inti", "1")}),
              HasSubstr("did you mean 'attention.sunk.init'"));
  EXPECT_THAT(refused({set("attention.shaped.corners", "'many'")}), HasSubstr("wants an integer"));
}

TEST_F(OptionsTest, TheStoredKeyIsReadAsWell) {
  const std::vector<Setting> old = {set("attention.kind", "'sunk'"),
                                    set("attention.sink_init", "3")};
  EXPECT_EQ(configured(old).attention.chosen<SunkOptions>().init, 3);
  EXPECT_EQ(field_value(configured(old), "attention.sunk.init"), FieldValue(3.0));
  EXPECT_EQ(field_value(configured(old), "attention.sink_init"), FieldValue(3.0));
}

TEST_F(OptionsTest, IdentitiesHoldTheStoredKeyWhateverWasWritten) {
  const RunConfig written_new =
      configured({set("attention.kind", "'sunk'"), set("attention.sunk.init", "3")});
  const RunConfig written_old =
      configured({set("attention.kind", "'sunk'"), set("attention.sink_init", "3")});
  EXPECT_EQ(identity_text(written_new), "attention.kind = \"sunk\"\nattention.sink_init = 3\n");
  EXPECT_EQ(identity_text(written_old), identity_text(written_new));
  EXPECT_EQ(written_old, written_new);
}

TEST_F(OptionsTest, AYoungerOptionHasItsOwnKeyAndNoLineInOtherRuns) {
  EXPECT_EQ(identity_text(configured(
                {set("attention.kind", "'shaped'"), set("attention.shaped.corners", "5")})),
            "attention.kind = \"shaped\"\nattention.shaped.corners = 5\n");
  EXPECT_THAT(canonical_text(configured({set("attention.kind", "'shaped'")})),
              HasSubstr("attention.gate_form = \"round\"\nattention.shaped.corners = 4\n"));
  EXPECT_THAT(canonical_text(configured({set("attention.kind", "'sunk'")})),
              AllOf(HasSubstr("attention.gate_form = \"round\"\nattention.sink_init = 0\n"),
                    Not(HasSubstr("corners"))));
}

TEST_F(OptionsTest, ASharedKeyIsThatOfTheChosenPlugin) {
  for (const std::string source : {"few", "many"}) {
    const RunConfig config =
        configured({set("data.size", "9"), set("data.source", "'" + source + "'")});
    EXPECT_EQ(config.data.chosen<FewOptions>().size, 9);
    EXPECT_THAT(identity_text(config), HasSubstr("data.size = 9\n"));
    EXPECT_EQ(parse_canonical(canonical_text(config), "stored"), config);
  }
}

TEST_F(OptionsTest, OwnKeysOfTwoPluginsAreTwoValues) {
  RunConfig config = configured({set("data.source", "'few'"), set("data.few.size", "9")});
  ASSERT_FALSE(apply(config, set("data.many.size", "7")));
  EXPECT_EQ(config.data.chosen<FewOptions>().size, 9);
  config.data.source = "many";
  EXPECT_EQ(config.data.chosen<FewOptions>().size, 7);
  EXPECT_THAT(canonical_text(config), HasSubstr("data.size = 7\n"));
}

TEST_F(OptionsTest, ALaterSettingWinsUnderEitherKey) {
  EXPECT_EQ(
      configured({set("data.source", "'few'"), set("data.few.size", "9"), set("data.size", "7")})
          .data.chosen<FewOptions>()
          .size,
      7);
  Setting reset = set("data.size", "1");
  reset.reset = true;
  EXPECT_EQ(configured({set("data.source", "'few'"), set("data.few.size", "9"), reset})
                .data.chosen<FewOptions>()
                .size,
            8);
}

TEST_F(OptionsTest, HistoryIsUnderTheOwnKey) {
  const Composed composed =
      compose({set("attention.kind", "'sunk'"), set("attention.sink_init", "3")});
  const std::vector<Setting>& history = composed.history.at("attention.sunk.init");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].layer, "default");
  EXPECT_EQ(history[1].key, "attention.sink_init");
}

TEST_F(OptionsTest, DifferencesNameOptionsByTheirOwnKey) {
  const RunConfig a =
      configured({set("attention.kind", "'sunk'"), set("attention.sunk.init", "3")});
  RunConfig b = configured({set("attention.kind", "'sunk'")});
  ASSERT_EQ(differences(a, b).size(), 1u);
  EXPECT_EQ(differences(a, b)[0].key, "attention.sunk.init");
  b.attention.kind = "closed";
  ASSERT_EQ(differences(a, b).size(), 2u);
  EXPECT_EQ(differences(a, b)[1].b, "") << "closed has no such option";
}

TEST_F(OptionsTest, UndeclaredOptionsAreAnErrorOfTheProgram) {
  RunConfig config;
  EXPECT_THROW(config.attention.options.set("sunk", "form", "x"), std::logic_error);
  EXPECT_THROW(config.attention.options.set("sunk", "init", "x"), std::logic_error);
  EXPECT_THROW(config.attention.options.get("closed", "init"), std::logic_error);
}

}  // namespace
}  // namespace sinkmoe::config
