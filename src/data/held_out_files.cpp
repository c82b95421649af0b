#include "data/held_out_files.h"

#include <array>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "data/text_set.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxManifestBytes = uint64_t{64} << 20;

[[noreturn]] void refuse(const std::string& what, const fs::path& manifest) {
  throw Error(
      what, manifest.string(),
      "import the text again with 'sinkmoe data import', or use data.text.files = \"joined\"");
}

std::vector<HeldOutFile> listed_files(const fs::path& manifest, const std::string& split) {
  std::error_code error;
  if (!fs::is_regular_file(manifest, error)) refuse("the list of files is missing", manifest);
  const auto json = nlohmann::json::parse(read_file(manifest, kMaxManifestBytes), nullptr, false);
  if (!json.is_object() || !json.contains("files") || !json["files"].is_array())
    refuse("there is no list of files", manifest);
  std::vector<HeldOutFile> files;
  for (const auto& file : json["files"]) {
    if (!file.is_object() || !file.contains("split") || !file.contains("name") ||
        !file.contains("bytes") || !file.contains("sha256") || !file["split"].is_string() ||
        !file["name"].is_string() || !file["bytes"].is_number_unsigned() ||
        !file["sha256"].is_string())
      refuse("a file is not described by split, name, bytes and sha256", manifest);
    if (file["split"] == split)
      files.push_back(
          {.name = file["name"], .sha256 = file["sha256"], .bytes = file["bytes"].get<uint64_t>()});
  }
  return files;
}

// Sets first_token and tokens.
void find_places(std::vector<HeldOutFile>& files, const TokenFile& tokens,
                 const fs::path& manifest) {
  std::array<int32_t, 4096> ids;
  uint64_t next = 0, in_buffer = 0, from = 0;  // ids[i] is token from + i
  for (HeldOutFile& file : files) {
    file.first_token = next;
    uint64_t bytes = 0;
    for (; bytes < file.bytes && next < tokens.size(); ++next) {
      if (next - from >= in_buffer) {
        from = next;
        in_buffer = std::min<uint64_t>(ids.size(), tokens.size() - next);
        tokens.copy(from, std::span(ids).first(in_buffer));
      }
      bytes += tokens.bytes_of(ids[next - from]);
    }
    file.tokens = next - file.first_token;
    if (bytes != file.bytes)
      refuse("'" + file.name + "' does not end where a token ends", manifest);
  }
  if (next != tokens.size()) refuse("the token file is longer than the listed files", manifest);
}

}  // namespace

std::vector<HeldOutFile> held_out_files(const fs::path& folder, const std::string& split,
                                        const TokenFile& tokens) {
  const fs::path manifest = folder / kManifestName;
  std::vector<HeldOutFile> files = listed_files(manifest, split);
  std::string hashes;
  for (const HeldOutFile& file : files) hashes += file.sha256 + "\n";
  if (sha256_hex(hashes) != tokens.info().source_hash)
    refuse("the listed files are not those of " + split + ".tokens", manifest);
  find_places(files, tokens, manifest);
  return files;
}

}  // namespace sinkmoe::data
