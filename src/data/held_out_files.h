// The files of a held-out split of an imported text, with their places in its token file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "data/tokens/token_file.h"

namespace sinkmoe::data {

struct HeldOutFile {
  std::string name, sha256;  // of the text
  uint64_t first_token = 0, tokens = 0, bytes = 0;
};

// `split` is "valid" or "test", `tokens` its token file. The places follow from the sizes of the
// files in the manifest and the bytes of each token. Throws Error if the manifest is missing, is not
// that of the token file, or a file does not end where a token ends.
std::vector<HeldOutFile> held_out_files(const std::filesystem::path& folder,
                                        const std::string& split, const TokenFile& tokens);

}  // namespace sinkmoe::data
