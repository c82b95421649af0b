#include "core/system/process_stat.h"

#include <fstream>
#include <sstream>
#include <string>

#include "core/text/number.h"

namespace sinkmoe {

// Fields 3 and 22 of /proc/PID/stat; the name before them may contain any characters.
std::optional<ProcessStat> process_stat(int64_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return std::nullopt;
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return std::nullopt;
  std::istringstream rest(text.substr(name_end + 1));
  ProcessStat stat;
  std::string field;
  rest >> stat.state;
  for (int i = 4; i <= 22 && rest >> field; ++i) {
  }
  stat.start = parse_number<int64_t>(field).value_or(0);
  return stat;
}

}  // namespace sinkmoe
