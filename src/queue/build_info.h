// Source and compiler of this program; every attempt records them.
#pragma once

namespace sinkmoe::queue {

struct BuildInfo {
  const char* commit;   // of the source tree, "unknown" outside git
  bool dirty;           // tracked files were changed
  const char* build;    // build type, compiler and its flags
  const char* version;  // of sinkmoe
  const char* torch;    // version of the linked LibTorch, "" without it
  bool cuda;            // CUDA kernels are built in
};
extern const BuildInfo kBuildInfo;

}  // namespace sinkmoe::queue
