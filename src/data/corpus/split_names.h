// Which split the names of files and folders say, in the customary words.
//
//   training    train, training
//   validation  valid, validation, val, dev, devel, development
//   test        test, testing
//   held out    heldout, held-out, held_out, holdout, eval, evaluation: validation if nothing else
//               is named for it, the test text if only that is missing
//
// A folder (at any depth) or else a file counts if its name is such a word, in any case of
// letters. Of a file's name, the first and the last part count, where '.', '-', '_' and blanks
// separate parts and numbers at the end are skipped: wiki.train.txt, valid_01.txt,
// train-00000-of-00002.txt.
#pragma once

#include <string>
#include <vector>

namespace sinkmoe::data {

enum class Part { train, valid, test, left_out };

struct NamedSplit {
  std::vector<Part> parts;  // of every name; empty: names say nothing
  std::string rule;         // "the folders train, valid and test are the splits"
  // Nothing is named for validation: it must be taken from the training files.
  bool take_valid = false;
};

// `names` are paths relative to the folder, sorted. `train`, `valid`, `test` are names of folders
// that replace the customary words of their split; "" keeps them. Throws Error: two words for one
// split, files whose split is not named beside others whose split is, no training text, a given
// folder that is not there.
NamedSplit split_by_names(const std::vector<std::string>& names, const std::string& train,
                          const std::string& valid, const std::string& test);

}  // namespace sinkmoe::data
