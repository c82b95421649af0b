// Takes a share of the text for validation where no name says what is for validation.
#pragma once

#include "data/corpus/corpus.h"

namespace sinkmoe::data {

// Sets corpus.train, valid, rule (and earlier_*) from `files`, which have sizes and hashes.
//
// Whole files go to validation in the order of their hashes while they fit; so names play no part,
// and the same file lands on the same side in similar folders. If whole files miss the share by
// more than a quarter of it, the end of one file (the largest that is left) is cut off for
// validation. A cut is at the end of a document (a form feed or <|endoftext|>), a paragraph, a line
// or a word, whichever of these is near enough. A single file is cut at the start of a line if
// that reaches the share. Throws Error: less than two characters.
void share_out(std::vector<CorpusFile> files, double fraction, Corpus& corpus);

// Where to cut a text near byte `at`, 0 < at < text.size(), as above. Never inside a character.
size_t cut_place(std::string_view text, size_t at);

}  // namespace sinkmoe::data
