// What each claim says, in one sentence.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace sinkmoe::report {

// The file of this name in the folder of the artifacts is not an artifact.
inline constexpr const char* kClaimsName = "claims";

// claim -> sentence, from folder/claims.toml; empty if there is no such file. Throws Error with
// every problem: a value that is not one line of text.
std::map<std::string, std::string> read_claim_texts(const std::filesystem::path& folder);

}  // namespace sinkmoe::report
