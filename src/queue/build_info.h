// Source and compiler of this program; every attempt records them.
#pragma once

namespace sinkmoe::queue {

struct BuildInfo {
  const char* commit;  // of the source tree, "unknown" outside git
  bool dirty;          // tracked files were changed
  const char* build;   // build type, compiler and its flags
};
extern const BuildInfo kBuildInfo;

}  // namespace sinkmoe::queue
