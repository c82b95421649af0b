// A model that continues texts, for `sinkmoe sample`: a run's final weights or a Hugging Face folder.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pretrained/next_token.h"

namespace sinkmoe::cli {

using Ids = std::vector<int32_t>;

struct Speaker {
  pretrained::NextToken next;
  int64_t context = 0;  // most tokens of one row
  size_t ids = 0;  // that the tokenizer knows; 0: no tokenizer. A model may have more (padding)
  std::optional<int32_t> bos;  // id of BOS, if there is one
  bool bos_is_usual = false;   // rows start with BOS in training, or the tokenizer puts it there
  std::optional<int32_t> eos;  // ends a text
  // Text to ids and back; ids separated by blanks or commas if there is no tokenizer.
  std::function<Ids(const std::string&)> encode;
  std::function<std::string(const Ids&)> decode;
};

enum class SpeakerInput { text, ids };  // ids: no tokenizer is opened

// Throws Error: no such model, no tokenizer for a text, weights with NaN or infinity.
// `adapter` is a folder of adapters of the model, or "".
Speaker folder_speaker(const std::filesystem::path& folder, const std::filesystem::path& adapter,
                       SpeakerInput input);
Speaker run_speaker(const std::filesystem::path& db, const std::string& run, SpeakerInput input);

// "1,2,3" or "1 2 3". Throws Error: anything else.
Ids parse_ids(const std::string& text);

}  // namespace sinkmoe::cli
