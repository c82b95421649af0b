// The text that a tokenizer is trained on: a bounded, even sample of the training split.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/corpus/corpus.h"

namespace sinkmoe::data {

inline constexpr uint64_t kBpeSampleBytes = uint64_t{8} << 20;

// Blocks of 16 KiB, spread evenly over all files, about `limit` bytes in total; the whole text if
// it is shorter. Depends on the text alone. Sentences end after newlines.
std::vector<std::string> sample_sentences(const std::vector<CorpusFile>& files,
                                          uint64_t limit = kBpeSampleBytes);

// Appends the text, split after each run of newlines.
void append_sentences(std::string_view text, std::vector<std::string>& sentences);

}  // namespace sinkmoe::data
