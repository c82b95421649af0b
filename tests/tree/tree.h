// The source tree as text: its files, their #include lines, the modules CMakeLists.txt
// declares, Markdown pieces.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "support/source_dir.h"

namespace sinkmoe::tree {

namespace fs = std::filesystem;

inline fs::path root() { return source_dir(); }

inline std::string read(const fs::path& relative) {
  std::ifstream in(root() / relative, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

// Folders at the top that are part of the tree (not build folders, results, caches).
inline const std::vector<std::string>& top_folders() {
  static const std::vector<std::string> names = {".ci",         "cmake", "configs", "docs",
                                                 "experiments", "plots", "results", "scripts",
                                                 "src",         "tests"};
  return names;
}

// True for a file of the user's own, which no map has to name: experiments/local/, plots/local/,
// configs/GROUP/local/.
inline bool is_private(const fs::path& path) {
  static const std::regex own("(experiments|plots|configs/[^/]+)/local/.*");
  return std::regex_match(path.string(), own);
}

// Every file of the tree as a path relative to the root, sorted. Of results/ only what git keeps.
inline std::vector<fs::path> files() {
  std::vector<fs::path> out;
  for (const std::string& top : top_folders()) {
    if (!fs::is_directory(root() / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root() / top)) {
      const fs::path path = fs::relative(entry.path(), root());
      const bool kept =
          top != "results" || path == "results/README.md" || path == "results/reference.db";
      const bool made = path.string().find("__pycache__") != std::string::npos;
      if (entry.is_regular_file() && kept && !made && !is_private(path)) out.push_back(path);
    }
  }
  for (const auto& entry : fs::directory_iterator(root()))
    if (entry.is_regular_file()) out.push_back(entry.path().filename());
  std::sort(out.begin(), out.end());
  return out;
}

inline std::vector<fs::path> files_in(const std::string& folder,
                                      const std::set<std::string>& extensions) {
  std::vector<fs::path> out;
  for (const fs::path& path : files())
    if (path.string().starts_with(folder + "/") && extensions.contains(path.extension().string()))
      out.push_back(path);
  return out;
}

inline std::vector<fs::path> sources() { return files_in("src", {".h", ".cpp", ".cu", ".cuh"}); }

// "src/store/sqlite/sqlite.h" -> "store"
inline std::string module_of(const fs::path& source) { return (++source.begin())->string(); }

// Headers named in #include lines, without brackets or quotes.
inline std::vector<std::string> includes(const fs::path& source) {
  static const std::regex directive(R"re(^\s*#\s*include\s*[<"]([^>"]+)[>"])re");
  std::vector<std::string> out;
  for (const std::string& line : lines(read(source)))
    if (std::smatch m; std::regex_search(line, m, directive)) out.push_back(m[1]);
  return out;
}

struct Module {
  std::string name;
  bool torch = false;
  std::vector<std::string> deps, plugins;
};

// sinkmoe_module(...) lines of CMakeLists.txt, in order.
inline std::vector<Module> modules() {
  static const std::regex call(R"(sinkmoe_module\(([a-z_]+)([^)]*)\))");
  static const std::set<std::string> keywords = {"TORCH", "COLD", "DEPS", "LINK", "PLUGINS"};
  const std::string text = read("CMakeLists.txt");
  std::vector<Module> out;
  for (std::sregex_iterator it(text.begin(), text.end(), call), end; it != end; ++it) {
    Module module{.name = (*it)[1].str(), .deps = {}, .plugins = {}};
    std::istringstream words((*it)[2].str());
    std::string section;
    for (std::string word; words >> word;) {
      if (word == "TORCH")
        module.torch = true;
      else if (keywords.contains(word))
        section = word;
      else if (section == "DEPS")
        module.deps.push_back(word);
      else if (section == "PLUGINS")
        module.plugins.push_back(word);
    }
    out.push_back(module);
  }
  return out;
}

// Module -> everything it may include: itself and, through any chain, what it depends on.
inline std::map<std::string, std::set<std::string>> reachable() {
  std::map<std::string, std::set<std::string>> out;
  for (const Module& module : modules()) {
    std::set<std::string>& set = out[module.name] = {module.name};
    for (const std::string& dep : module.deps) set.insert(out[dep].begin(), out[dep].end());
  }
  return out;
}

// Paths that documents may name although they are not there yet; lines of tests/tree/pending.txt,
// '#' starts a comment.
inline std::set<std::string> pending() {
  std::set<std::string> out;
  for (const std::string& line : lines(read("tests/tree/pending.txt")))
    if (!line.empty() && line[0] != '#') out.insert(line);
  return out;
}

inline bool exists_or_pending(const std::string& path) {
  // A private folder is there only if somebody made it.
  return fs::exists(root() / path) || pending().contains(path) || is_private(path + "file");
}

// Text between back-ticks outside fenced blocks.
inline std::vector<std::string> code_spans(const std::string& markdown) {
  static const std::regex span("`([^`]+)`");
  std::vector<std::string> out;
  bool fenced = false;
  for (const std::string& line : lines(markdown)) {
    if (line.starts_with("```")) fenced = !fenced;
    if (fenced) continue;
    for (std::sregex_iterator it(line.begin(), line.end(), span), end; it != end; ++it)
      out.push_back((*it)[1]);
  }
  return out;
}

}  // namespace sinkmoe::tree
