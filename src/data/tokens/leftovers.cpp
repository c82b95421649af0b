#include "data/tokens/leftovers.h"

#include <fmt/format.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

// True if the process has ended, even if it is still a zombie.
bool has_ended(const std::string& process) {
  const fs::path folder = "/proc/" + process;
  if (!fs::exists(folder)) return true;
  std::string line;
  std::getline(std::ifstream(folder / "stat"), line);
  const size_t name_end = line.rfind(") ");
  return name_end != std::string::npos && line.compare(name_end + 2, 1, "Z") == 0;
}

}  // namespace

std::string temporary_prefix(const fs::path& out) {
  return fmt::format(".{}.tmp.", out.filename().string());
}

void remove_leftovers(const fs::path& out) {
  const std::string prefix = temporary_prefix(out);
  std::error_code error;
  const fs::path folder = out.parent_path();
  for (const std::string& name : folder_names(folder)) {
    if (name.starts_with(prefix) && has_ended(name.substr(prefix.size())))
      fs::remove_all(folder / name, error);
  }
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
