// What may come next on a command line: the words that a shell offers when the user presses Tab.
#pragma once

#include <string>
#include <vector>

namespace sinkmoe::cli {

struct Candidate {
  std::string text;  // for the whole last word
  std::string help;  // one line, may be empty
};

// Candidates for the last of `words`, which are the words after the program's name. Everything
// comes from what the program knows anyway: its commands with their usage and options, the fields
// of the configuration, the files in experiments/, configs/ and plots/, and the database (a --db
// among the words counts). Empty if nothing is known, so that the shell may offer files. Throws
// nothing for a missing or unreadable database or file: their candidates are left out.
std::vector<Candidate> candidates(const std::vector<std::string>& words);

}  // namespace sinkmoe::cli
