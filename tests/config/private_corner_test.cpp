// The folders local/ in experiments/, plots/ and every group.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "config/compose/layers.h"
#include "config/problems.h"
#include "core/file.h"

namespace sinkmoe::config {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class PrivateCorner : public testing::Test {
 protected:
  PrivateCorner() {
    ::unsetenv("SINKMOE_LOCAL");
    write("model/small.toml", "[model]\nlayers = 2\n");
    write("model/local/mine.toml", "[model]\nlayers = 7\n");
  }
  ~PrivateCorner() override {
    ::setenv("SINKMOE_LOCAL", "off", 1);
    fs::remove_all(folder_);
  }
  void write(const fs::path& path, const std::string& text) {
    fs::create_directories((folder_ / path).parent_path());
    write_file_atomic(folder_ / path, text);
  }

  std::string name_ = testing::TempDir() + "sinkmoe-local-XXXXXX";
  fs::path folder_ = ::mkdtemp(name_.data());
};

TEST_F(PrivateCorner, ItsFilesHaveNamesLikeTheOthers) {
  EXPECT_THAT(toml_names(folder_ / "model"), ElementsAre("mine", "small"));
  EXPECT_EQ(find_toml(folder_ / "model", "mine"), folder_ / "model/local/mine.toml");
  EXPECT_EQ(find_toml(folder_ / "model", "small"), folder_ / "model/small.toml");
  EXPECT_EQ(find_toml(folder_ / "model", "other"), fs::path());
}

TEST_F(PrivateCorner, AnOptionOfAGroupMayBePrivate) {
  const auto settings = read_option(folder_, {"model", "mine", "argument 'model=mine'"});
  ASSERT_EQ(settings.size(), 1u);
  EXPECT_EQ(settings[0].key, "model.layers");
  EXPECT_EQ(toml_literal(settings[0].value), "7");
}

TEST_F(PrivateCorner, TwoFilesOfOneNameAreRefused) {
  write("model/local/small.toml", "[model]\nlayers = 3\n");
  const std::string text = complaint([&] { find_toml(folder_ / "model", "small"); });
  EXPECT_THAT(text, HasSubstr("two files are called 'small'"));
  EXPECT_THAT(text, HasSubstr("local/small.toml"));
}

TEST_F(PrivateCorner, NoNameLeadsOutOfTheFolder) {
  write("secret.toml", "");
  EXPECT_EQ(find_toml(folder_ / "model", "../secret"), fs::path());
}

TEST_F(PrivateCorner, CanBeSwitchedOff) {
  ::setenv("SINKMOE_LOCAL", "off", 1);
  EXPECT_THAT(toml_names(folder_ / "model"), ElementsAre("small"));
  EXPECT_EQ(find_toml(folder_ / "model", "mine"), fs::path());
}

}  // namespace
}  // namespace sinkmoe::config
