// The README's map of folders and PAPER_MAP.md name everything that exists, and nothing else.
#include <gtest/gtest.h>

#include <algorithm>

#include "tree/tree.h"

namespace sinkmoe::tree {
namespace {

// The fenced block under README's heading "## Folders": path -> what it is.
std::map<std::string, std::string> folder_map() {
  std::map<std::string, std::string> out;
  bool here = false, fenced = false;
  for (const std::string& line : lines(read("README.md"))) {
    if (line.starts_with("## ")) here = line == "## Folders";
    if (here && line.starts_with("```"))
      fenced = !fenced;
    else if (here && fenced && !line.empty() && line[0] != ' ') {
      const size_t end = line.find_first_of(" \t");
      out[line.substr(0, end)] = end == std::string::npos ? "" : line.substr(end);
    }
  }
  return out;
}

// Folders that hold a file: top folders, modules and their plug-in folders. docs/architecture.md
// describes what is inside a module.
std::set<std::string> folders() {
  std::set<std::string> out;
  for (const fs::path& path : files())
    if (path.has_parent_path()) out.insert(path.begin()->string() + "/");
  for (const Module& module : modules()) {
    out.insert("src/" + module.name + "/");
    for (const std::string& folder : module.plugins)
      out.insert("src/" + module.name + "/" + folder + "/");
  }
  return out;
}

TEST(Readme, MapListsEveryFolder) {
  const auto map = folder_map();
  ASSERT_GT(map.size(), 15u) << "README.md has no block under '## Folders'";
  for (const std::string& folder : folders())
    if (folder != "src/") {
      EXPECT_TRUE(map.contains(folder)) << folder << " is not in README's map";
    }
}

TEST(Readme, MapNamesNothingThatIsAbsent) {
  for (const auto& [path, what] : folder_map()) {
    EXPECT_TRUE(exists_or_pending(path)) << path;
    EXPECT_FALSE(what.empty()) << path << " has no description";
  }
}

TEST(Readme, MapIsInDependencyOrder) {
  std::vector<std::string> order;
  for (const std::string& line : lines(read("README.md")))
    if (line.starts_with("src/")) order.push_back(line.substr(4, line.find('/', 4) - 4));
  const auto place = [&](const std::string& m) {
    return std::find(order.begin(), order.end(), m) - order.begin();
  };
  for (const Module& module : modules())
    for (const std::string& dep : module.deps)
      EXPECT_LT(place(dep), place(module.name)) << dep << ", " << module.name;
}

// True for a code span that means a file or folder of the tree: a known top folder, then
// a path without blanks.
bool is_path(const std::string& span) {
  if (span.find_first_of(" <>*{}$…") != std::string::npos) return false;
  if (span.find("NAME") != std::string::npos) return false;  // stands for any name
  const std::string top = span.substr(0, span.find('/'));
  if (span.find('/') == std::string::npos) return false;
  return std::find(top_folders().begin(), top_folders().end(), top) != top_folders().end();
}

TEST(Documents, PathsTheyNameExist) {
  for (const fs::path& page : files()) {
    if (page.extension() != ".md" || page == "LOG.md") continue;  // the log may name old paths
    for (const std::string& span : code_spans(read(page))) {
      const bool made_by_running = span.starts_with("results/");
      if (is_path(span) && !made_by_running) {
        EXPECT_TRUE(exists_or_pending(span)) << page << " names " << span;
      }
    }
  }
}

TEST(Documents, PicturesTheyShowExist) {
  const std::regex picture(R"(!\[[^\]]*\]\(([^)]+)\))");
  for (const fs::path& page : files()) {
    if (page.extension() != ".md") continue;
    const std::string text = read(page);
    for (std::sregex_iterator it(text.begin(), text.end(), picture), end; it != end; ++it) {
      const std::string path = (page.parent_path() / (*it)[1].str()).string();
      EXPECT_TRUE(exists_or_pending(path)) << page << " shows " << path;
    }
  }
}

TEST(PaperMap, HasARowForEveryItemOfThePaper) {
  std::map<std::string, int> rows;
  const std::regex row(R"(^\| ([ECTF][0-9]+) \|)");
  for (const std::string& line : lines(read("PAPER_MAP.md")))
    if (std::smatch m; std::regex_search(line, m, row)) ++rows[m[1]];
  for (const auto& [letter, count] :
       std::map<std::string, int>{{"E", 29}, {"C", 14}, {"T", 3}, {"F", 6}})
    for (int i = 1; i <= count; ++i) {
      EXPECT_EQ(rows[letter + std::to_string(i)], 1) << letter << i;
    }
}

TEST(PaperMap, ClaimsSayWhatTheProgramSaysOfThem) {
  const std::string map = read("PAPER_MAP.md");
  const std::string claims =
      map.substr(map.find("## Claims"), map.find("## Tables") - map.find("## Claims"));
  const std::regex row(R"re(^(C[0-9]+) = "(.*)"$)re");
  int rows = 0;
  for (const std::string& line : lines(read("plots/claims.toml")))
    if (std::smatch m; std::regex_match(line, m, row)) {
      ++rows;
      EXPECT_NE(claims.find("\n| " + m[1].str() + " | " + m[2].str() + " |"), std::string::npos)
          << m[1] << ": run scripts/paper_map.sh";
    }
  EXPECT_EQ(rows, 14);
}

TEST(PaperMap, EveryRowHasAKnownState) {
  const std::regex row(
      R"(^\| [ECTF][0-9]+ \|.*\| (implemented|planned|run|not run|background) \|$)");
  const std::regex any(R"(^\| [ECTF][0-9]+ \|)");
  for (const std::string& line : lines(read("PAPER_MAP.md")))
    if (std::regex_search(line, any)) {
      EXPECT_TRUE(std::regex_match(line, row)) << line;
    }
}

TEST(PaperMap, ExperimentsAndArtifactsAreMentionedSomewhere) {
  const std::string text = read("PAPER_MAP.md") + read("README.md") + read("docs/extending.md");
  for (const std::string folder : {"experiments", "plots"})
    for (const fs::path& path : files_in(folder, {".toml"}))
      EXPECT_NE(text.find(path.string()), std::string::npos) << path << " is in no map";
}

TEST(Private, FilesOfOnesOwnAreInNoMap) {
  for (const char* own :
       {"experiments/local/mine.toml", "plots/local/a/b.toml", "configs/model/local/big.toml"})
    EXPECT_TRUE(is_private(own)) << own;
  for (const char* shared : {"experiments/quick.toml", "plots/locals.toml", "configs/local.toml",
                             "src/local/x.cpp", "docs/local/x.md"})
    EXPECT_FALSE(is_private(shared)) << shared;
  const std::string ignored = read(".gitignore");
  for (const char* folder : {"/experiments/local/\n", "/plots/local/\n", "/configs/*/local/\n"})
    EXPECT_NE(ignored.find(folder), std::string::npos) << folder;
}

}  // namespace
}  // namespace sinkmoe::tree
