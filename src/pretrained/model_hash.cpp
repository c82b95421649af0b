#include "pretrained/model_hash.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "pretrained/finite.h"

namespace sinkmoe::pretrained {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kWorthRemembering = uint64_t{64} << 20, kPiece = uint64_t{4} << 20;
// A remembered hash also says that the weights were finite; those of earlier programs did not.
constexpr const char* kChecked = "finite\n";

std::string tensor_hash(const Checkpoint& weights, const std::string& name,
                        const FiniteCheck& require_finite) {
  const weights::TensorEntry& entry = weights.entry(name);
  const uint64_t bytes = entry.end - entry.begin;
  std::vector<std::byte> piece(std::min(bytes, kPiece));
  Sha256 hash;
  for (uint64_t at = 0; at < bytes; at += piece.size()) {
    const std::span<std::byte> part(piece.data(), std::min<uint64_t>(piece.size(), bytes - at));
    weights.read(name, at, part);
    require_finite(name, at, part);
    hash.update(part.data(), part.size());
  }
  return hash.hex();
}

std::string optional_file(const fs::path& path) {
  return fs::exists(path) ? sha256_file(path) : "none";
}

std::string compute(const Model& model) {
  const FiniteCheck require_finite(model);
  std::string text = fmt::format("sinkmoe model\nconfig {}\ntokenizer {}\n",
                                 sha256_file(model.folder / "config.json"),
                                 optional_file(model.folder / "tokenizer.json"));
  for (const std::string& name : model.weights.names()) {
    const weights::TensorEntry& entry = model.weights.entry(name);
    text += name + " " + entry.dtype;
    for (const int64_t size : entry.shape) text += " " + std::to_string(size);
    text += ' ';
    text += tensor_hash(model.weights, name, require_finite);
    text += '\n';
  }
  return sha256_hex(text);
}

// Size, time of the last change and inode of every file that the hash reads.
std::string state_of(const fs::path& folder) {
  std::string text;
  for (const std::string& name : folder_names(folder)) {
    if (!name.ends_with(".safetensors") && !name.ends_with(".json")) continue;
    struct stat s{};
    if (::stat((folder / name).c_str(), &s) != 0) continue;
    text += fmt::format("{} {} {}.{:09} {}\n", name, s.st_size, s.st_mtim.tv_sec, s.st_mtim.tv_nsec,
                        s.st_ino);
  }
  return text;
}

// The hash of the model without adapters, remembered.
std::string base_hash(const Model& model, const fs::path& cache) {
  if (cache.empty() || model.weights.bytes() < kWorthRemembering) return compute(model);
  const std::string state = kChecked + state_of(model.folder);
  const fs::path file = cache / (sha256_hex(model.folder.string()).substr(0, 16) + ".txt");
  try {
    const std::string known = fs::exists(file) ? read_file(file, uint64_t{1} << 20) : "";
    const size_t end = known.find('\n');
    if (end == 64 && known.substr(end + 1) == state) return known.substr(0, end);
  } catch (const Error&) {  // computed again below
  }
  const std::string hash = compute(model);
  try {
    ensure_writable_folder(cache);
    // A file that changed while it was read is not remembered.
    if (kChecked + state_of(model.folder) == state) write_file_atomic(file, hash + "\n" + state);
  } catch (const Error&) {  // only costs time at the next call
  }
  return hash;
}

}  // namespace

fs::path hash_cache() {
  const char *xdg = std::getenv("XDG_CACHE_HOME"), *home = std::getenv("HOME");
  if (xdg && *xdg) return fs::path(xdg) / "sinkmoe" / "models";
  if (home && *home) return fs::path(home) / ".cache" / "sinkmoe" / "models";
  return {};
}

std::string model_hash(const Model& model, const fs::path& cache) {
  const std::string base = base_hash(model, cache);
  if (!model.adapters) return base;
  return sha256_hex("sinkmoe adapted model\n" + base + "\n" + model.adapters->hash() + "\n");
}

}  // namespace sinkmoe::pretrained
