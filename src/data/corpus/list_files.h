// Lists the text files below a folder without reading them; used by find_corpus alone.
#pragma once

#include <filesystem>
#include <vector>

#include "core/error.h"
#include "data/corpus/corpus.h"

namespace sinkmoe::data {

// Every text (data/documents/format.h) below `root`, sorted by name; hidden files and folders and
// other endings go to `left_out`. Links to files inside the folder are followed. Adds problems of
// single files: a link that leaves the folder or leads to a folder, a name that is not UTF-8, a
// text beside its compressed form.
std::vector<CorpusFile> list_files(const std::filesystem::path& root, LeftOut& left_out,
                                   std::vector<Problem>& problems);

}  // namespace sinkmoe::data
