// What a text must be to be imported or measured.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sinkmoe::data {

// Longest run of bytes without a space or a newline.
inline constexpr size_t kMaxRun = 1 << 20;

// Throws Error for a Git-LFS pointer instead of a file; `start` is the beginning of the file.
void refuse_pointer(std::string_view start, const std::string& where);

// Throws Error with `where` and the byte, counted from `first`, of what is not UTF-8 or of a run that
// is too long.
void check_characters(std::string_view text, const std::string& where, uint64_t first = 0);

// All of this for a whole file.
void check_text(std::string_view text, const std::string& where);

}  // namespace sinkmoe::data
