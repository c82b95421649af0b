#include "train/memory.h"

#if defined(__GLIBC__) || __has_include(<malloc.h>)
#include <malloc.h>
#endif

namespace sinkmoe::train {

void keep_freed_memory() {
#ifdef M_MMAP_THRESHOLD
  constexpr int kLargestAllowed = 32 << 20;  // the maximum of glibc
  mallopt(M_MMAP_THRESHOLD, kLargestAllowed);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 16 << 20);
#endif
}

}  // namespace sinkmoe::train
