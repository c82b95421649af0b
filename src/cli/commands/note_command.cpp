// sinkmoe note: writes a note on a run, shows it, or removes it.
#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "store/read/query.h"
#include "store/sqlite/database_file.h"
#include "store/store.h"

namespace sinkmoe::cli {

namespace {

int run_note(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("words", po::value<std::vector<std::string>>()->required(),
                        "run_id or the start of one, then the note; \"\" removes it");
  const auto values = parse(self("note"), options, "words", args);
  if (!values) return 0;
  const auto words = (*values)["words"].as<std::vector<std::string>>();
  const store::Reader reader(globals.db);
  const std::string run = find_run(reader, words[0]);
  if (words.size() == 1) {
    for (const auto& row : reader
                               .query("select text from note where run = "
                                      "(select id from run where run_id = " +
                                      in_quotes(run, '\'') + ")")
                               .rows)
      std::cout << printable(to_text(row[0])) << "\n";
    return 0;
  }
  if (words.size() > 2)
    throw Error("more than one note", "sinkmoe note", "put the note in quotes: note RUN \"text\"");
  store::require_intact(globals.db);
  store::Store(globals.db).note_run(run, std::string(trim(words[1])));
  return 0;
}

const Registration<Command> note_command{
    {.name = "note",
     .help = "write a note on a run, or show it; 'note' is a column of run_wide",
     .usage = "RUN [TEXT]",
     .run = run_note,
     .examples = "  sinkmoe note 3fa1 \"spike at step 300: the disk was full\"\n"
                 "  sinkmoe note 3fa1            # shows it\n"
                 "  sinkmoe note 3fa1 \"\"         # removes it\n"}};

}  // namespace

}  // namespace sinkmoe::cli
