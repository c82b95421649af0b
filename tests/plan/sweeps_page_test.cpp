// Plans every example of docs/sweeps.md and compares the runs with those that the page shows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "core/text/split_join.h"
#include "plan/plan_fixture.h"
#include "support/source_dir.h"

namespace sinkmoe::plan {
namespace {

using ::testing::HasSubstr;

// A fenced piece of the page: its language and its text.
struct Fence {
  std::string language, text;
};

std::vector<Fence> fences_of_page() {
  std::vector<Fence> fences;
  bool inside = false;
  for (const std::string& line : split(read_file(source_dir() / "docs/sweeps.md", 1 << 20), '\n')) {
    if (line.starts_with("```")) {
      if (!inside) fences.push_back({line.substr(3), ""});
      inside = !inside;
    } else if (inside) {
      fences.back().text += line + "\n";
    }
  }
  return fences;
}

std::string planned(const std::filesystem::path& experiment,
                    const std::vector<std::string>& overrides, Plan& plan) {
  const auto data = [](const config::RunConfig& config) { return "source " + config.data.path; };
  return complaint([&] {
    plan = make_plan(
        {experiment, overrides, source_dir() / "configs", source_dir() / "experiments"}, data);
  });
}

// One label a line; which run a run starts from depends on the data.
std::string shown(const Plan& plan) {
  std::string text;
  for (const std::string& label : labels(plan)) text += label + "\n";
  return std::regex_replace(text, std::regex("init_from=[0-9a-f]{12}"), "init_from=...");
}

// The words that a shell would give.
std::vector<std::string> shell_words(const std::string& line) {
  std::vector<std::string> words;
  char quote = 0;
  bool inside = false;
  for (const char c : line) {
    if (quote == 0 && c == ' ') {
      inside = false;
      continue;
    }
    if (!inside) words.emplace_back();
    inside = true;
    if (c == quote)
      quote = 0;
    else if (quote == 0 && (c == '\'' || c == '"'))
      quote = c;
    else
      words.back() += c;
  }
  return words;
}

TEST(SweepsPage, EveryFileGivesTheRunsThatThePageShows) {
  const testing::Folder folder("sweeps_page");
  const std::vector<Fence> fences = fences_of_page();
  int files = 0;
  for (size_t i = 0; i < fences.size(); ++i) {
    if (fences[i].language != "toml") continue;
    ++files;
    ASSERT_LT(i + 1, fences.size());
    write_file_atomic(folder.path / "mine.toml", fences[i].text);
    Plan plan;
    const std::string refusal = planned(folder.path / "mine.toml", {}, plan);
    if (fences[i + 1].language == "refused") {
      EXPECT_THAT(refusal, HasSubstr(std::string(trim(fences[i + 1].text)))) << fences[i].text;
    } else {
      EXPECT_EQ(fences[i + 1].language, "text");
      EXPECT_EQ(shown(plan), fences[i + 1].text) << refusal << "\n" << fences[i].text;
    }
  }
  EXPECT_GE(files, 11);
}

TEST(SweepsPage, EveryCommandGivesAsManyRunsAsThePageSays) {
  int commands = 0;
  for (const Fence& fence : fences_of_page()) {
    if (fence.language != "sh") continue;
    for (const std::string& line : split(fence.text, '\n')) {
      const size_t note = line.find("  # ");
      if (note == std::string::npos) continue;
      ++commands;
      std::vector<std::string> words = shell_words(line.substr(0, note));
      const std::string said = line.substr(note + 4);
      ASSERT_GE(words.size(), 3u) << line;
      ASSERT_EQ(words[0] + words[1], "sinkmoeplan") << line;
      Plan plan;
      const std::string refusal = planned(words[2], {words.begin() + 3, words.end()}, plan);
      if (said.starts_with("refused: "))
        EXPECT_THAT(refusal, HasSubstr(said.substr(9))) << line;
      else
        EXPECT_EQ(std::to_string(plan.runs.size()) + " runs", said) << line << "\n" << refusal;
    }
  }
  EXPECT_GE(commands, 20);
}

}  // namespace
}  // namespace sinkmoe::plan
