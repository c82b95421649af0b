// Rules for every file: length, header, no path of a particular machine; scripts stop at the first
// error.
#include <gtest/gtest.h>

#include "tree/tree.h"

namespace sinkmoe::tree {
namespace {

constexpr size_t kMaxLines = 300;

bool is_text(const fs::path& path) {
  static const std::set<std::string> extensions = {".h",  ".cpp",  ".cu",   ".cuh",   ".sh",
                                                   ".md", ".txt",  ".toml", ".cmake", ".json",
                                                   ".py", ".dict", ".cff",  ".gp"};
  return extensions.contains(path.extension().string()) || path == ".ci/run" ||
         path == ".clang-tidy";
}

std::vector<fs::path> code() {
  std::vector<fs::path> out;
  for (const fs::path& path : files())
    if (std::set<std::string>{".h", ".cpp", ".cu", ".cuh", ".sh", ".cmake", ".py"}.contains(
            path.extension().string()))
      out.push_back(path);
  return out;
}

TEST(Files, NoSourceFileIsLongerThan300Lines) {
  ASSERT_GT(code().size(), 40u) << "the tree was not read";
  for (const fs::path& path : code()) {
    EXPECT_LE(lines(read(path)).size(), kMaxLines) << path;
  }
}

TEST(Files, SourcesOpenWithASentence) {
  for (const fs::path& path : sources()) {
    if (path.extension() != ".h") continue;
    const auto text = lines(read(path));
    ASSERT_FALSE(text.empty()) << path;
    EXPECT_TRUE(text[0].starts_with("// ")) << path << " opens with: " << text[0];
  }
}

TEST(Files, NoPathOfAMachine) {
  // Written in two pieces, so that this file does not match itself.
  const std::regex machine(std::string("(^|[\\s\"'=(`])/(ro") + "ot|wo" + "rk|ho" + "me/[a-z]|Us" +
                           "ers/)[/a-z]");
  for (const fs::path& path : files()) {
    if (!is_text(path)) continue;
    int number = 0;
    for (const std::string& line : lines(read(path))) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, machine)) << path << ":" << number << ": " << line;
    }
  }
}

TEST(Files, NoUnfinishedMarks) {
  const std::regex mark(std::string("\\b(TO") + "DO|FIX" + "ME|XX" + "X)\\b");
  for (const fs::path& path : files()) {
    if (!is_text(path)) continue;
    for (const std::string& line : lines(read(path)))
      EXPECT_FALSE(std::regex_search(line, mark)) << path << ": " << line;
  }
}

TEST(Scripts, StopAtErrorsAndExplainThemselves) {
  for (const fs::path& path : files_in("scripts", {".sh"})) {
    if (path == "scripts/common.sh") continue;
    const std::string text = read(path);
    EXPECT_TRUE(text.starts_with("#!/usr/bin/env bash\n# ")) << path;
    EXPECT_NE(text.find("\nset -euo pipefail\n"), std::string::npos) << path;
    EXPECT_NE(text.find("# Cost: "), std::string::npos) << path << " does not state its cost";
    EXPECT_NE(text.find("Time: "), std::string::npos) << path << " does not state its time";
    const auto mode = fs::status(root() / path).permissions();
    EXPECT_NE(mode & fs::perms::owner_exec, fs::perms::none) << path << " is not executable";
  }
}

TEST(Scripts, CiRunsTheTests) {
  EXPECT_NE(read(".ci/run").find("scripts/test.sh"), std::string::npos);
  EXPECT_NE(fs::status(root() / ".ci/run").permissions() & fs::perms::owner_exec, fs::perms::none);
}

}  // namespace
}  // namespace sinkmoe::tree
