// The identity of a pretrained model: everything in its folder that decides numbers, and never the
// path.
#pragma once

#include <filesystem>
#include <string>

#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {

// SHA-256 over config.json, every tensor by its name (so that other shards of the same tensors give
// the same hash), tokenizer.json if there is one, and adapters. Reads all weights, at 0.5 to 2 GB per second.
// The hash of a model of over 64 MB is remembered in `cache` with the size, time and inode of each
// file, and is computed again if one of them differs; a cache that cannot be written is no error.
// Throws Error: a file cannot be read; a weight is NaN or infinite (file, tensor and row are named).
std::string model_hash(const Model& model, const std::filesystem::path& cache);

// $XDG_CACHE_HOME/sinkmoe/models, or ~/.cache/sinkmoe/models; "" (no cache) if neither variable is set.
std::filesystem::path hash_cache();

}  // namespace sinkmoe::pretrained
