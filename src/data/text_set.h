// A folder written by `sinkmoe data import`: train.tokens, valid.tokens, perhaps test.tokens,
// tokenizer.model (or a pretrained model's tokenizer.json; nothing if the tokenizer is bytes) and
// manifest.json.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/tokens/token_file.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

inline constexpr const char* kManifestName = "manifest.json";
inline constexpr const char* kModelName = "tokenizer.model";
inline constexpr const char* kJsonName = "tokenizer.json";  // of a pretrained model
inline constexpr const char* kJsonConfigName = "tokenizer_config.json";

struct TextSet {
  std::filesystem::path folder;
  TokenFileInfo train, valid;
  std::optional<TokenFileInfo> test;
  std::string hash;  // text_set_hash of train and valid
};

// Hash of the training and validation text and their tokenizer; part of a run's identity.
std::string text_set_hash(const TokenFileInfo& train, const TokenFileInfo& valid);

// Reads the headers only. Throws Error: no imported text here, a damaged header, splits with
// different tokenizers.
TextSet read_text_set(const std::filesystem::path& folder);

// The tokenizer of the imported text, checked by its hash. Throws Error if it is missing or another
// one.
std::unique_ptr<Tokenizer> open_tokenizer(const std::filesystem::path& folder);

// Folders with an imported text among `folder` and its direct sub-folders, by name.
std::vector<std::filesystem::path> find_text_sets(const std::filesystem::path& folder);

}  // namespace sinkmoe::data
