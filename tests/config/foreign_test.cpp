// Options of plug-ins that a configuration does not choose.
#include "config/plugins/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compose/canonical.h"
#include "config/problems.h"
#include "config/test_plugins.h"

namespace sinkmoe::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

struct Foreign : ::testing::Test {
  TestPlugins plugins;
  static std::string refused(const std::vector<Setting>& settings) {
    return complaint([&] { compose(settings); });
  }
};

TEST_F(Foreign, AnOptionOfAnotherPluginIsRefusedWithPlaceAndFix) {
  for (const std::string key : {"attention.shaped.form", "attention.gate_form"})
    EXPECT_THAT(
        refused({set("attention.kind", "'closed'"), set(key, "'square'", "f:2:1")}),
        AllOf(HasSubstr("f:2:1: attention.shaped.form = \"square\" is an option of "
                        "attention.kind = shaped; attention.kind = closed does not read it; "
                        "set attention.kind = shaped, or take attention.shaped.form out"),
              HasSubstr("skip_if = \"attention.kind == 'closed' && "
                        "attention.shaped.form != 'round'\"")));
}

TEST_F(Foreign, TheOptionsOfTheChosenPluginAreNamed) {
  EXPECT_THAT(refused({set("attention.kind", "'sunk'"), set("attention.shaped.form", "'square'")}),
              HasSubstr("sunk reads attention.sunk.init"));
}

TEST_F(Foreign, TheSameOptionOfTheChosenPluginIsTheNearest) {
  EXPECT_THAT(refused({set("data.source", "'many'"), set("data.few.size", "9")}),
              AllOf(HasSubstr("data.few.size = 9 is an option of data.source = few"),
                    HasSubstr("did you mean 'data.many.size'?")));
}

TEST_F(Foreign, AKeyThatSeveralShareIsOneComplaint) {
  const std::string text = refused({set("data.source", "'none'"), set("data.size", "9")});
  EXPECT_THAT(text, HasSubstr("data.size = 9 is an option of data.source = few or many"));
  EXPECT_EQ(text.find("option of"), text.rfind("option of")) << text;
  EXPECT_THAT(refused({set("data.source", "'few'"), set("data.power", "2")}),
              HasSubstr("data.many.power = 2 is an option of data.source = many"));
}

TEST_F(Foreign, OwnOptionsDefaultsAndSharedKeysAreAccepted) {
  EXPECT_EQ(refused({set("attention.kind", "'sunk'"), set("attention.sunk.init", "2")}), "");
  EXPECT_EQ(refused({set("attention.kind", "'closed'"), set("attention.sunk.init", "0")}), "");
  EXPECT_EQ(refused({set("attention.kind", "'closed'"), set("model.layers", "3")}), "");
  EXPECT_EQ(refused({set("data.source", "'few'"), set("data.size", "9")}), "");
  EXPECT_EQ(
      refused({set("data.size", "9"), set("data.source", "'few'"), set("data.few.size", "7")}), "");
}

TEST_F(Foreign, AStoredRunKeepsThem) {
  const std::string text = "attention.kind = \"closed\"\nattention.sink_init = 3\n";
  const RunConfig config = parse_canonical(text, "stored");
  EXPECT_EQ(config.attention.options.get("sunk", "init"), FieldValue(3.0));
  EXPECT_EQ(identity_text(config), text);
}

TEST_F(Foreign, AnUnknownPluginIsLeftToOtherChecks) {
  RunConfig config;
  config.attention.kind = "elsewhere";
  config.attention.options.set("sunk", "init", 3);
  EXPECT_TRUE(find_foreign_options(config).empty());
}

}  // namespace
}  // namespace sinkmoe::config
