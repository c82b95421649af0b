// The program is linked twice from the same objects: `sinkmoe` without LibTorch, which starts in a
// few milliseconds, and beside it `sinkmoe_torch` with LibTorch, which takes a quarter of a second
// to load. Users call the first; it continues as the second where a command computes with tensors.
#pragma once

#include <string>
#include <vector>

namespace sinkmoe::cli {

// Replaces this process by sinkmoe_torch with the same arguments. Returns, without any effect, if
// this program has LibTorch itself, or if there is no sinkmoe_torch beside it (the report-only
// build): the command then says what is missing. Call it before the first thread is started.
void continue_with_torch(const std::vector<std::string>& args);

}  // namespace sinkmoe::cli
