// What a tokenizer is trained on: a bounded, even sample of the training text.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/tokens/corpus.h"

namespace sinkmoe::data {

inline constexpr uint64_t kBpeSampleBytes = uint64_t{8} << 20;

// Blocks of 16 KiB, spread evenly over all files until they hold about `limit` bytes; everything if
// there is less. A function of the text alone. Sentences end after newlines.
std::vector<std::string> sample_sentences(const std::vector<CorpusFile>& files,
                                          uint64_t limit = kBpeSampleBytes);

// Appends the text cut after each run of newlines.
void append_sentences(std::string_view text, std::vector<std::string>& sentences);

}  // namespace sinkmoe::data
