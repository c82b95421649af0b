// Tags and notes: what people remember about runs.
#include <fmt/format.h>

#include "core/text/safe_name.h"
#include "core/text/utf8.h"
#include "store/sqlite/sqlite.h"
#include "store/store.h"

namespace sinkmoe::store {

namespace {

constexpr size_t kTagBytes = 64, kNoteBytes = 4000;

int64_t id_of(const sql::Connection& db, const std::string& run_id) {
  sql::Statement find(db, "SELECT id FROM run WHERE run_id = ?");
  if (!find.bind(run_id).step())
    throw Error("no run '" + run_id + "'", db.path().string(), "see 'sinkmoe status'");
  return find.integer(0);
}

}  // namespace

void Store::tag_run(const std::string& run_id, const std::vector<std::string>& add,
                    const std::vector<std::string>& remove) {
  for (const std::string& tag : add)
    if (!safe_name(tag) || tag.size() > kTagBytes)
      throw Error("'" + tag + "' is not a tag", "",
                  fmt::format("use letters, digits, '.', '_' and '-', at most {}", kTagBytes));
  db_->write([&] {
    const int64_t run = id_of(*db_, run_id), now = wall_clock_us();
    sql::Statement put(*db_,
                       "INSERT INTO tag(run, tag, at_us) VALUES(?,?,?) ON CONFLICT DO NOTHING");
    for (const std::string& tag : add) put.bind(run, tag, now).run();
    sql::Statement drop(*db_, "DELETE FROM tag WHERE run = ? AND tag = ?");
    for (const std::string& tag : remove) drop.bind(run, tag).run();
  });
}

void Store::note_run(const std::string& run_id, const std::string& text) {
  if (!valid_utf8(text)) throw Error("the note is not UTF-8", "run " + run_id);
  if (text.size() > kNoteBytes)
    throw Error(fmt::format("the note has {} bytes", text.size()), "run " + run_id,
                fmt::format("give at most {}", kNoteBytes));
  db_->write([&] {
    const int64_t run = id_of(*db_, run_id);
    sql::Statement(*db_, "DELETE FROM note WHERE run = ?").bind(run).run();
    if (!text.empty())
      sql::Statement(*db_, "INSERT INTO note(run, text, at_us) VALUES(?,?,?)")
          .bind(run, text, wall_clock_us())
          .run();
  });
}

}  // namespace sinkmoe::store
