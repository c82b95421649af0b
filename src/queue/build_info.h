// What the program was built from; every attempt records it.
#pragma once

namespace sinkmoe::queue {

struct BuildInfo {
  const char* commit;  // of the source tree, "unknown" outside git
  bool dirty;          // tracked files were changed
  const char* build;   // build type and compiler
};
extern const BuildInfo kBuildInfo;

}  // namespace sinkmoe::queue
