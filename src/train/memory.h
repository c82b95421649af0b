// What a long training asks of the C library's allocator.
#pragma once

namespace sinkmoe::train {

// Freed memory stays with the process instead of going back to the system. Every step makes and
// frees the same tensors; without this each of them is mapped, cleared by the kernel page by page,
// and unmapped again. Call once; does nothing outside glibc.
void keep_freed_memory();

}  // namespace sinkmoe::train
