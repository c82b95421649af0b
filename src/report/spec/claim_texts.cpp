#include "report/spec/claim_texts.h"

#include "core/file.h"
#include "report/spec/toml_table.h"

namespace sinkmoe::report {

std::map<std::string, std::string> read_claim_texts(const std::filesystem::path& folder) {
  const std::filesystem::path path = folder / "claims.toml";
  std::map<std::string, std::string> texts;
  if (!std::filesystem::exists(path)) return texts;
  const config::TomlValue root =
      config::parse_toml(read_file(path, config::kTomlBytes), path.string());
  TomlProblems problems{path.string(), {}};
  TomlTable table(root, "", problems);
  for (const auto& [claim, value] : root.members) {
    texts[claim] = table.required_text(claim);
    if (texts[claim].find('\n') != std::string::npos)
      problems.add(value, "'" + claim + "' has several lines", "give one sentence");
  }
  if (!problems.list.empty()) throw Error(problems.list);
  return texts;
}

}  // namespace sinkmoe::report
