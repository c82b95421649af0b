#include "config/compose/layers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"
#include "core/file.h"
#include "support/tiny.h"

namespace sinkmoe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Layers : public ::testing::Test {
 protected:
  Layers() : folder_("layers") {
    write("base.toml", "groups = [\"model=tiny\", \"train=fast\"]\n[train]\nlr = 1.0\n");
    write("model/tiny.toml", "[model]\nlayers = 1\n");
    write("model/wide.toml", "model.width = 128\n");
    write("train/fast.toml", "train.lr = 2.0\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((root() / name).parent_path());
    write_file_atomic(root() / name, text);
  }
  std::filesystem::path root() const { return folder_.path; }

  RunConfig config(const std::vector<GroupChoice>& choices) const {
    const BaseFile base = read_base(root());
    std::vector<GroupChoice> groups = base.groups;
    for (const GroupChoice& choice : choices) choose(groups, choice);
    return compose(layered(root(), base, groups)).config;
  }

 private:
  testing::Folder folder_;
};

TEST_F(Layers, GroupsLieAboveTheBase) {
  const RunConfig usual = config({});
  EXPECT_EQ(usual.model.layers, 1);
  EXPECT_EQ(usual.train.lr, 2.0);
}

TEST_F(Layers, AChosenOptionReplacesTheUsualOne) {
  const RunConfig wide = config({{"model", "wide", ""}});
  EXPECT_EQ(wide.model.width, 128);
  EXPECT_EQ(wide.model.layers, ModelConfig{}.layers) << "tiny is not read any more";
}

TEST_F(Layers, ChoosingKeepsTheOrderOfTheBase) {
  std::vector<GroupChoice> groups = {{"a", "1", ""}, {"b", "1", ""}};
  choose(groups, {"a", "2", ""});
  choose(groups, {"c", "1", ""});
  std::vector<std::string> names;
  for (const GroupChoice& g : groups) names.push_back(g.group + g.option);
  EXPECT_THAT(names, ElementsAre("a2", "b1", "c1"));
}

TEST_F(Layers, ListsWhatThereIs) {
  EXPECT_THAT(group_names(root()), ElementsAre("model", "train"));
  EXPECT_THAT(option_names(root(), "model"), ElementsAre("tiny", "wide"));
  EXPECT_TRUE(option_names(root(), "..").empty());
}

TEST_F(Layers, UnknownNamesComeWithNearOnes) {
  const auto refused = [&](const std::string& group, const std::string& option) {
    return complaint([&] { read_option(root(), {group, option, "x:1:1"}); });
  };
  EXPECT_THAT(refused("model", "wid"),
              HasSubstr("x:1:1: group 'model' has no option 'wid'; did you mean 'wide'"));
  EXPECT_THAT(refused("modle", "wide"), HasSubstr("unknown group 'modle'; did you mean 'model'"));
  EXPECT_THAT(refused("lr", "1"), HasSubstr("did you mean the key 'train.lr'?"));
}

TEST_F(Layers, NamesCannotLeaveTheFolder) {
  write("outside.toml", "model.layers = 9\n");
  for (const char* option : {"../outside", "..", "/etc/passwd", "", ".hidden", "x/../wide"})
    EXPECT_NE(complaint([&] { read_option(root(), {"model", option, ""}); }), "") << option;
  EXPECT_NE(complaint([&] { read_option(root() / "model", {"../model", "wide", ""}); }), "");
}

TEST_F(Layers, SettingsNameFileLineAndColumn) {
  const auto settings = read_option(root(), {"model", "tiny", ""});
  ASSERT_EQ(settings.size(), 1u);
  EXPECT_EQ(settings[0].key, "model.layers");
  EXPECT_EQ(settings[0].where, (root() / "model/tiny.toml").string() + ":2:1");
  EXPECT_EQ(settings[0].layer, "model=tiny");
}

TEST_F(Layers, AMissingBaseSaysWhereToRun) {
  EXPECT_THAT(complaint([&] { read_base(root() / "model"); }),
              HasSubstr("run the program in the project's folder"));
}

TEST_F(Layers, GroupsMustBeAListOfTexts) {
  write("base.toml", "groups = [\"model\"]\n");
  EXPECT_THAT(complaint([&] { read_base(root()); }),
              HasSubstr("base.toml:1:11: expected \"group=option\""));
  write("base.toml", "groups = 3\n");
  EXPECT_THAT(complaint([&] { read_base(root()); }), HasSubstr("groups is not a list"));
}

}  // namespace
}  // namespace sinkmoe::config
