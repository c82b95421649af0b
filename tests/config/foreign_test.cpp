// Options of plug-ins that a configuration does not choose, with plug-ins of this test alone.
#include "config/plugins/foreign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compose/compose.h"
#include "config/plugins/variant.h"
#include "config/problems.h"
#include "core/registry.h"

namespace sinkmoe::config {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// Registered while a test runs: the other tests of this program know no plug-ins.
struct Foreign : ::testing::Test {
  Foreign() {
    plugin_table()["variant"] = {{"closed", {"closed", "", {}}},
                                 {"sunk", {"sunk", "", {"attention.sink_init"}}},
                                 {"shaped", {"shaped", "", {"attention.gate_form"}}}};
  }
  ~Foreign() override { plugin_table().erase("variant"); }

  static std::string refused(const std::vector<Setting>& settings) {
    return complaint([&] { compose(settings); });
  }
  static Setting set(const std::string& key, const std::string& value) {
    return {key, value, "f:1:1", "test"};
  }
};

TEST_F(Foreign, AnOptionOfAnotherPluginIsRefusedWithPlaceAndFix) {
  const std::string text = refused({set("attention.kind", "\"closed\""),
                                    {"attention.gate_form", "\"elementwise\"", "f:2:1", "test"}});
  EXPECT_THAT(text, AllOf(HasSubstr("f:2:1: attention.gate_form = \"elementwise\" is an option of "
                                    "attention.kind = shaped"),
                          HasSubstr("attention.kind = closed does not read it"),
                          HasSubstr("set attention.kind = shaped, or take"),
                          HasSubstr("skip_if = \"attention.kind == 'closed' && "
                                    "attention.gate_form != 'headwise'\"")));
}

TEST_F(Foreign, TheOptionsOfTheChosenPluginAreNamed) {
  EXPECT_THAT(
      refused({set("attention.kind", "\"sunk\""), set("attention.gate_form", "\"elementwise\"")}),
      HasSubstr("sunk reads attention.sink_init"));
}

TEST_F(Foreign, OwnOptionsDefaultsAndSharedKeysAreAccepted) {
  EXPECT_EQ(refused({set("attention.kind", "\"sunk\""), set("attention.sink_init", "2")}), "");
  EXPECT_EQ(refused({set("attention.kind", "\"closed\""), set("attention.sink_init", "0")}), "");
  EXPECT_EQ(refused({set("attention.kind", "\"closed\""), set("model.layers", "3")}), "");
}

TEST_F(Foreign, AStoredRunKeepsThem) {
  const std::string text = "attention.kind = \"closed\"\nattention.sink_init = 3\n";
  EXPECT_EQ(parse_canonical(text, "stored").attention.sink_init, 3);
}

TEST_F(Foreign, AnUnknownPluginIsLeftToOtherChecks) {
  RunConfig config;
  config.attention.kind = "elsewhere";
  config.attention.sink_init = 3;
  EXPECT_TRUE(find_foreign_options(config).empty());
}

}  // namespace
}  // namespace sinkmoe::config
