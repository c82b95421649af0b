// The walls between modules, read off the #include lines.
#include <gtest/gtest.h>

#include "tree/tree.h"

namespace sinkmoe::tree {
namespace {

const std::set<std::string> kTorchFree = {"core",    "config",     "plan",   "store",
                                          "queue",   "stats",      "report", "data",
                                          "weights", "pretrained", "live"};

bool is_torch(const std::string& header) {
  return header.starts_with("ATen/") || header.starts_with("torch/") || header.starts_with("c10/");
}

TEST(Walls, OnlyStoreIncludesSqlite) {
  for (const fs::path& source : sources())
    for (const std::string& header : includes(source))
      if (header.starts_with("sqlite3")) {
        EXPECT_EQ(module_of(source), "store") << source;
      }
}

TEST(Walls, OnlyConfigIncludesToml) {
  for (const fs::path& source : sources())
    for (const std::string& header : includes(source))
      if (header.starts_with("toml++") || header.starts_with("toml.h")) {
        EXPECT_EQ(module_of(source), "config") << source;
      }
}

TEST(Walls, TorchFreeHalfIncludesNoTorch) {
  for (const fs::path& source : sources()) {
    if (!kTorchFree.contains(module_of(source))) continue;
    for (const std::string& header : includes(source))
      EXPECT_FALSE(is_torch(header)) << source << ": " << header;
  }
}

TEST(Walls, CMakeMarksTheTorchHalf) {
  for (const Module& module : modules())
    EXPECT_EQ(module.torch, !kTorchFree.contains(module.name)) << module.name;
}

TEST(Walls, TorchFreeModulesDependOnNoTorchModule) {
  const auto reach = reachable();
  for (const std::string& name : kTorchFree)
    if (reach.contains(name)) {
      for (const std::string& dep : reach.at(name))
        EXPECT_TRUE(kTorchFree.contains(dep)) << name << " -> " << dep;
    }
}

TEST(Walls, OnlyAttentionKernelsNamePrivateOps) {
  const std::regex private_op(R"(\b(at|torch|aten)::_[A-Za-z])");
  for (const fs::path& source : sources()) {
    if (source.string().starts_with("src/attention/sdpa/sdpa_ops")) continue;
    int number = 0;
    for (const std::string& line : lines(read(source))) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, private_op)) << source << ":" << number << ": " << line;
    }
  }
}

TEST(Walls, DependenciesAreDeclaredBeforeTheirUsers) {
  std::set<std::string> seen;
  for (const Module& module : modules()) {
    for (const std::string& dep : module.deps)
      EXPECT_TRUE(seen.contains(dep))
          << module.name << " depends on " << dep << ", declared later or never";
    EXPECT_TRUE(seen.insert(module.name).second) << module.name << " is declared twice";
  }
  EXPECT_GE(seen.size(), 15u) << "CMakeLists.txt was not read";
}

TEST(Walls, IncludesFollowTheDeclaredDependencies) {
  const auto reach = reachable();
  for (const fs::path& source : sources()) {
    const std::string module = module_of(source);
    if (module == "cli") continue;  // the top: may use everything
    ASSERT_TRUE(reach.contains(module)) << source << " is in no module of CMakeLists.txt";
    for (const std::string& header : includes(source)) {
      const std::string target = header.substr(0, header.find('/'));
      if (!fs::is_regular_file(root() / "src" / header)) continue;
      EXPECT_TRUE(reach.at(module).contains(target)) << source << " includes " << header;
    }
  }
}

// The namespace a header opens and the types it defines in it, as "sinkmoe::attention::kernel::Rows".
std::vector<std::string> defined_types(const fs::path& header) {
  static const std::regex opens(R"(^namespace ([a-z_:]+) \{)"),
      defines(R"(^(?:struct|class|enum|enum class|union) ([A-Z]\w*)\s*[:{ ][^;]*$)");
  std::string scope;
  std::vector<std::string> out;
  for (const std::string& line : lines(read(header))) {
    std::smatch m;
    if (std::regex_search(line, m, opens)) scope = m[1];
    if (std::regex_search(line, m, defines)) out.push_back(scope + "::" + m[1].str());
  }
  return out;
}

// Two types of one name in one program break the one-definition rule without a word
// from compiler or linker.
TEST(Walls, NoTypeIsDefinedInTwoHeaders) {
  std::map<std::string, fs::path> first;
  for (const fs::path& header : files_in("src", {".h", ".cuh"}))
    for (const std::string& type : defined_types(header)) {
      const auto [at, added] = first.emplace(type, header);
      EXPECT_TRUE(added) << type << " is in " << at->second << " and in " << header;
    }
  EXPECT_GE(first.size(), 100u) << "definitions were not found";
}

// What a source file defines in its unnamed namespaces: "type Piece", "value kMost", and functions with
// the types of their parameters, "refuse(const std::string&)", because overloads are no clash.
std::vector<std::string> local_names(const fs::path& source) {
  static const std::regex type(R"(^(?:struct|class|enum|enum class) (\w+)[^;]*$)"),
      value(R"(^(?:inline |const |constexpr )+[^({=]*?\b(\w+)(?: = |\{|\[| \{).*$)"),
      function(R"(^[A-Za-z][^={]*?\b(\w+\(.*\)) (?:const )?\{$)"), parameter(R"( ?\b\w+(?=[,)]))"),
      raw_text(R"re(R"(\w*)\()re");
  std::vector<std::string> names;
  bool inside = false;
  std::string raw_end;    // of the raw string that goes on
  std::string statement;  // a signature of several lines, joined
  for (const std::string& line : lines(read(source))) {
    if (line == "namespace {" || line == "}  // namespace") inside = line.front() == 'n';
    const bool in_text = !raw_end.empty();
    std::smatch m;
    if (!in_text && std::regex_search(line, m, raw_text)) raw_end = ")" + m[1].str() + "\"";
    if (!raw_end.empty() && line.find(raw_end) != std::string::npos) raw_end.clear();
    if (in_text || !inside || line.empty()) continue;
    if (line[0] != ' ') statement.clear();
    if (line[0] == ' ' && statement.empty()) continue;
    statement += (statement.empty() ? "" : " ") + line.substr(line.find_first_not_of(' '));
    if (std::regex_match(statement, m, type))
      names.push_back("type " + m[1].str());
    else if (std::regex_match(statement, m, function))
      names.push_back(std::regex_replace(m[1].str(), parameter, ""));
    else if (std::regex_match(statement, m, value))
      names.push_back("value " + m[1].str());
    else if (line.back() == ',' || line.back() == '(')
      continue;
    statement.clear();
  }
  return names;
}

// The report-only build compiles ten files of a module as one. Which ten changes with every new file.
TEST(Walls, NoLocalNameIsDefinedTwiceInAModuleWithoutLibTorch) {
  std::vector<Module> together = modules();
  std::erase_if(together, [](const Module& module) { return module.torch; });
  together.push_back({.name = "cli", .deps = {}, .plugins = {}});
  std::map<std::string, fs::path> first;
  for (const Module& module : together)
    for (const fs::path& source : files_in("src/" + module.name, {".cpp"})) {
      const std::string folder = source.parent_path().filename().string();
      if (std::find(module.plugins.begin(), module.plugins.end(), folder) != module.plugins.end())
        continue;
      for (const std::string& name : local_names(source)) {
        const auto [at, added] = first.emplace(module.name + ": " + name, source);
        EXPECT_TRUE(added) << name << " is in " << at->second << " and in " << source;
      }
    }
  EXPECT_GE(first.size(), 500u) << "definitions were not found";
}

// Nobody finds a file in a longer list.
TEST(Walls, NoFolderOfAModuleHoldsMoreThan15Files) {
  std::map<fs::path, int> count;
  for (const fs::path& source : sources())
    if (source.parent_path() != "src/cli/commands")  // one file for each command
      ++count[source.parent_path()];
  for (const auto& [folder, files] : count) EXPECT_LE(files, 15) << folder;
}

TEST(Walls, NoCycleBetweenHeaders) {
  std::map<std::string, std::set<std::string>> edges;
  for (const fs::path& source : sources())
    for (const std::string& header : includes(source))
      if (fs::exists(root() / "src" / header))
        edges[fs::relative(source, "src").string()].insert(header);
  // Leaves are taken off until nothing is left; what cannot be taken off is on, or
  // leads to, a cycle.
  for (bool changed = true; changed;) {
    changed = false;
    for (auto it = edges.begin(); it != edges.end();) {
      std::erase_if(it->second, [&](const std::string& h) { return !edges.contains(h); });
      changed |= it->second.empty();
      it = it->second.empty() ? edges.erase(it) : std::next(it);
    }
  }
  for (const auto& [file, rest] : edges)
    ADD_FAILURE() << file << " includes, by some way, itself: " << *rest.begin();
}

}  // namespace
}  // namespace sinkmoe::tree
