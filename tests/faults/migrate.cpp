// A drill of migrations: brings a database forward by steps that rewrite every metric, beyond the
// ones that exist. `drill_migrate DB`; meant to be killed and started again.
#include <iostream>
#include <vector>

#include "store/schema/schema.h"

namespace {

std::vector<sinkmoe::store::Migration> steps() {
  std::vector<sinkmoe::store::Migration> list(sinkmoe::store::migrations().begin(),
                                              sinkmoe::store::migrations().end());
  const int64_t at = list.back().version;
  list.push_back({at + 1, "CREATE INDEX drill_step ON metric(step, run)"});
  list.push_back({at + 2,
                  "CREATE TABLE drill_copy AS SELECT * FROM metric; DELETE FROM metric; "
                  "INSERT INTO metric SELECT * FROM drill_copy; DROP TABLE drill_copy"});
  list.push_back({at + 3, "DROP INDEX drill_step; UPDATE run SET epoch = epoch + 1"});
  return list;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    sinkmoe::store::sql::Connection db(argv[1], sinkmoe::store::sql::Connection::Mode::read_write);
    db.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON");
    sinkmoe::store::migrate(db, steps());
    const std::string found = db.text("PRAGMA integrity_check(1)");
    if (found != "ok") throw std::runtime_error(found);
    // The copy from before the first step is complete.
    const std::string copy =
        std::string(argv[1]) + ".before-v" + std::to_string(steps().back().version);
    sinkmoe::store::sql::Connection before(copy, sinkmoe::store::sql::Connection::Mode::read_only);
    if (before.integer("PRAGMA user_version") != sinkmoe::store::schema_version() ||
        before.text("PRAGMA integrity_check(1)") != "ok")
      throw std::runtime_error("the copy from before the migration is not whole");
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
