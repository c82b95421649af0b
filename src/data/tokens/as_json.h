// The tokenizers of imported texts in the form of other programs: tokenizer.json of the Hugging Face
// library `tokenizers`.
#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace sinkmoe::data {

// The ids of byte_tokenizer().
std::string bytes_json();

// The ids of sentencepiece_tokenizer(model) for every text without U+2581, the character that
// sentencepiece writes for a space: there ours spells the whole word in bytes, and this one spells
// that character alone. `where` is the model's path in errors. Throws Error: not a BPE, pieces of
// the user's own, or no piece for a space.
std::string sentencepiece_json(const std::string& model, const std::string& where);

// The files of the tokenizer of an imported text, by name: tokenizer.json, tokenizer_config.json and,
// if it was made from one, tokenizer.model. Throws Error: as open_tokenizer and above.
std::map<std::string, std::string> tokenizer_files(const std::filesystem::path& text_set);

}  // namespace sinkmoe::data
