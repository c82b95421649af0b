#include "core/system/file_error.h"

#include <cerrno>

#include "core/error.h"

namespace sinkmoe {

void fail_on_file(const std::string& what, const std::filesystem::path& path, int error) {
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  const std::string fix = full              ? "free some disk space and run the same command again"
                          : error == EACCES ? "check the permissions of the file and its folder"
                                            : "";
  throw system_error(what, error, path.string(), fix);
}

}  // namespace sinkmoe
