// Writes the files of an imported text to a folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/import/import.h"
#include "data/import/journal.h"

namespace sinkmoe::data {

struct CorpusSplit {
  const char* name;
  const std::vector<CorpusFile>* files;
};
std::vector<CorpusSplit> splits(const Corpus& corpus);

// Depends on the text alone, not on names or places of the files.
std::string source_hash(const std::vector<CorpusFile>& files);

// The text of the tokenizer_config.json beside the pretrained model's tokenizer.json, which names BOS.
std::string json_config(const std::filesystem::path& model);

// Continues what `folder` has if `journal` has pieces. `model`: of the tokenizer that was given; "":
// it is trained, or none is needed. Throws Error: what the tokenizer refuses, a write that fails.
void write_set(const ImportRequest& request, const Corpus& corpus,
               const std::vector<SplitSummary>& summaries, const std::string& recipe,
               const std::string& model, Journal& journal, const std::filesystem::path& folder);

}  // namespace sinkmoe::data
