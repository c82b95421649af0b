#include "data/import/leftovers.h"

#include <fmt/format.h>

#include <optional>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/system/process_stat.h"
#include "core/text/number.h"
#include "data/import/journal.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

// `ending` is what follows the prefix: "1234", or "1234.old" of take_place().
bool has_ended(const std::string& ending) {
  const auto pid = parse_number<int64_t>(ending.substr(0, ending.find('.')));
  const auto stat = pid ? process_stat(*pid) : std::nullopt;
  return !stat || stat->ended();
}

// The temporary folders of imports to the same place whose processes have ended.
std::vector<fs::path> ended_imports(const fs::path& out) {
  const std::string prefix = temporary_prefix(out);
  std::vector<fs::path> folders;
  for (const std::string& name : folder_names(out.parent_path()))
    if (name.starts_with(prefix) && has_ended(name.substr(prefix.size())))
      folders.push_back(out.parent_path() / name);
  return folders;
}

}  // namespace

std::string temporary_prefix(const fs::path& out) {
  return fmt::format(".{}.tmp.", out.filename().string());
}

bool remove_leftovers(const fs::path& out, bool keep_pieces) {
  std::error_code error;
  bool kept = false;
  for (const fs::path& folder : ended_imports(out)) {
    const std::optional<Journal> journal = read_journal(folder);
    if (keep_pieces && journal && !journal->pieces.empty())
      kept = true;
    else
      fs::remove_all(folder, error);
  }
  return kept;
}

void take_over(const fs::path& out, const std::string& key, const fs::path& aside) {
  fs::path best;
  size_t most = 0;
  for (const fs::path& folder : ended_imports(out)) {
    const std::optional<Journal> journal = read_journal(folder);
    if (!journal || journal->key != key || journal->pieces.size() <= most) continue;
    most = journal->pieces.size();
    best = folder;
  }
  std::error_code error;
  if (!best.empty() && best != aside) fs::rename(best, aside, error);
}

void take_place(const fs::path& aside, const fs::path& out) {
  const fs::path old = aside.string() + ".old";
  std::error_code error;
  if (fs::exists(out)) fs::rename(out, old, error);
  if (!error) fs::rename(aside, out, error);
  if (error) throw Error("cannot put the new data set in place: " + error.message(), out.string());
  fs::remove_all(old, error);
}

}  // namespace sinkmoe::data
