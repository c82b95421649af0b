// Tunes the C library's allocator for a long training.
#pragma once

namespace sinkmoe::train {

// Keeps freed memory in the process instead of returning it to the system. Every step allocates and
// frees the same tensors; otherwise each of them would be mapped, cleared by the kernel page by
// page, and unmapped again. Call once; does nothing outside glibc.
void keep_freed_memory();

}  // namespace sinkmoe::train
