#include "cli/torch_program.h"

#include <unistd.h>

#include <filesystem>

#include "queue/job.h"

namespace sinkmoe::cli {

void continue_with_torch(const std::vector<std::string>& args) {
  if (queue::can_train()) return;
  std::error_code ignored;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", ignored);
  const std::string program = (self.parent_path() / "sinkmoe_torch").string();
  std::string name = "sinkmoe";
  std::vector<std::string> owned = args;
  std::vector<char*> argv{name.data()};
  for (std::string& text : owned) argv.push_back(text.data());
  argv.push_back(nullptr);
  ::execv(program.c_str(), argv.data());
}

}  // namespace sinkmoe::cli
