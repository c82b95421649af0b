// sinkmoe tag: gives tags to runs, takes them, or lists them.
#include <iostream>

#include "cli/command.h"
#include "cli/run_lookup.h"
#include "cli/table_output.h"
#include "store/read/query.h"
#include "store/sqlite/database_file.h"
#include "store/store.h"

namespace sinkmoe::cli {

namespace {

using Strings = std::vector<std::string>;

constexpr const char* kTagged = R"sql(
select t.tag, r.run_id as run, r.status, r.label
from tag t join run r on r.id = t.run
order by t.tag, r.id)sql";

int run_tag(const Globals& globals, const Strings& args) {
  po::options_description options("Options");
  options.add_options()("add", po::value<Strings>()->value_name("TAG"),
                        "give this tag (may be repeated)")(
      "remove", po::value<Strings>()->value_name("TAG"), "take this tag (may be repeated)")(
      "run", po::value<Strings>(), "run_ids or starts of them");
  const auto values = parse(self("tag"), options, "run", args);
  if (!values) return 0;
  const auto list = [&](const char* name) {
    return values->count(name) ? (*values)[name].as<Strings>() : Strings{};
  };
  const Strings add = list("add"), remove = list("remove"), runs = list("run");
  if (runs.empty() && add.empty() && remove.empty()) {
    write_table(std::cout, store::Reader(globals.db).query(kTagged),
                globals.json ? TableFormat::json : TableFormat::text);
    return 0;
  }
  if (runs.empty() || (add.empty() && remove.empty()))
    throw Error(runs.empty() ? "no run given" : "neither --add nor --remove given", "sinkmoe tag",
                "sinkmoe tag RUN... --add TAG");
  const Strings found = find_runs(store::Reader(globals.db), runs);
  store::require_intact(globals.db);
  store::Store store(globals.db);
  for (const std::string& run : found) store.tag_run(run, add, remove);
  return 0;
}

const Registration<Command> tag_command{
    {.name = "tag",
     .help = "give tags to runs, or list what is tagged; 'tags' is a column of run_wide",
     .usage = "[RUN...] [--add TAG] [--remove TAG]",
     .run = run_tag,
     .examples =
         "  sinkmoe tag 3fa1 77c0 --add paper\n"
         "  sinkmoe tag 3fa1 --remove paper --add superseded\n"
         "  sinkmoe tag                                # everything that is tagged\n"
         "  sinkmoe query \"select run_id, eval_loss from run_wide where tags like '%paper%'\"\n"}};

}  // namespace

}  // namespace sinkmoe::cli
