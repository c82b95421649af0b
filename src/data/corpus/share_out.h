// Takes a share of the text for validation where no name says what is for validation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "data/corpus/corpus.h"

namespace sinkmoe::data {

// Sets corpus.train, valid, rule (and earlier_*) from `files`, which have sizes and hashes.
//
// Whole files go to validation in the order of their hashes while they fit; so names play no part,
// and the same file lands on the same side in similar folders. If whole files miss the share by
// more than a quarter of it, the end of one file (the largest that is left) is cut off for
// validation. A cut is at the end of a document (a form feed or <|endoftext|>), a paragraph, a line
// or a word, whichever of these is near enough. A single file is cut at the start of a line if
// that reaches the share. JSON lines are cut between documents. Throws Error: less than two characters
// (documents).
void share_out(std::vector<CorpusFile> files, double fraction, Corpus& corpus);

// Where to cut a text of `size` >= 2 bytes near a byte, as above. Never inside a character. Bytes
// [from, to) of the text come from `text_between`; 64 MiB at most are asked for.
uint64_t cut_place(uint64_t size, uint64_t near,
                   const std::function<std::string(uint64_t from, uint64_t to)>& text_between);

}  // namespace sinkmoe::data
