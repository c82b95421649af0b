#include "store/sqlite/database_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>

#include "core/text/utf8.h"
#include "store/schema/schema.h"

namespace sinkmoe::store {

namespace fs = std::filesystem;

namespace {

// Offsets in SQLite's file header (sqlite.org/fileformat2.html, section 1.3).
constexpr size_t kHeaderBytes = 100, kUserVersionAt = 60, kApplicationIdAt = 68;
constexpr std::string_view kMagic{"SQLite format 3\0", 16};
constexpr std::string_view kJournalMagic{"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7", 8};

[[noreturn]] void refuse(const fs::path& path, const std::string& what, const std::string& fix) {
  throw StoreError(ErrorKind::bad_input, {what, path.string(), fix});
}

// The first bytes of the database, read through SQLite, because closing our own descriptor would
// drop the locks that other connections of this process hold on the file.
std::string header_of(const fs::path& path) {
  const sql::Connection db(path, sql::Connection::Mode::read_only);
  sqlite3_file* file = nullptr;
  sqlite3_file_control(db.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_int64 size = 0;
  if (!file || !file->pMethods || file->pMethods->xFileSize(file, &size) != SQLITE_OK)
    refuse(path, "the file cannot be read", "check its permissions and those of its folder");
  std::string bytes(std::min<size_t>(kHeaderBytes, static_cast<size_t>(size)), '\0');
  const int code = file->pMethods->xRead(file, bytes.data(), static_cast<int>(bytes.size()), 0);
  if (code != SQLITE_OK) db.fail(code);
  return bytes;
}

int64_t big_endian(const std::string& bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  return static_cast<int32_t>(value);
}

bool has_journal(const fs::path& path) {
  const fs::path journal = path.string() + "-journal";
  std::error_code error;
  if (!fs::is_regular_file(journal, error)) return false;
  std::string start(kJournalMagic.size(), '\0');
  std::ifstream(journal, std::ios::binary)
      .read(start.data(), static_cast<std::streamsize>(start.size()));
  return start == kJournalMagic;
}

void roll_back(const fs::path& path) {
  try {
    sql::Connection db(path, sql::Connection::Mode::read_write);
    db.integer("SELECT count(*) FROM sqlite_schema");
    std::fprintf(stderr, "%s: rolled back a write that a crash had interrupted\n",
                 printable(path.string()).c_str());
    require_intact(path);
  } catch (const StoreError& e) {
    if (e.kind() != ErrorKind::read_only) throw;
    throw StoreError(
        ErrorKind::read_only,
        {"an interrupted write must be rolled back first, and the file cannot be written",
         path.string(),
         "copy it together with its -journal file to a folder you can write, and use the copy"});
  }
}

}  // namespace

void require_intact(const fs::path& path) {
  sql::Connection db(path, sql::Connection::Mode::read_only);
  const std::string found = db.text("PRAGMA quick_check(1)");
  if (found != "ok") refuse(path, "the database is damaged: " + found, "restore a copy");
}

FileState inspect_database(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return FileState::absent;
  if (error)
    refuse(path, "cannot look at the file: " + error.message(),
           "check the permissions of its folder");
  if (!fs::is_regular_file(status))
    refuse(path, "not a regular file", "give the path of a sinkmoe database");
  const std::string header = header_of(path);
  const bool blank = std::all_of(header.begin(), header.end(), [](char c) { return c == 0; });
  if (header.empty() || (blank && has_journal(path))) return FileState::empty;
  if (!header.starts_with(kMagic))
    refuse(path, "not an SQLite database", "give the path of a sinkmoe database");
  if (header.size() < kHeaderBytes)
    refuse(path, fmt::format("the database is truncated after {} bytes", header.size()),
           "restore a copy");
  const int64_t application = big_endian(header, kApplicationIdAt),
                version = big_endian(header, kUserVersionAt);
  if (application != kApplicationId && application != kDrillApplicationId)
    refuse(path, fmt::format("a database of another program (application_id {})", application),
           "give the path of a sinkmoe database, or of a new file");
  if (version > schema_version())
    refuse(path,
           fmt::format("written by a newer sinkmoe (schema {}, this program knows {})", version,
                       schema_version()),
           "use the newer program");
  return FileState::ours;
}

void settle_database(const fs::path& path) {
  sql::Connection db(path, sql::Connection::Mode::read_only);
  sqlite3_stmt* raw = nullptr;
  const int code =
      sqlite3_prepare_v2(db.handle(), "SELECT count(*) FROM sqlite_schema", -1, &raw, nullptr);
  const int stepped = code == SQLITE_OK ? sqlite3_step(raw) : code;
  sqlite3_finalize(raw);
  if (stepped == SQLITE_ROW) return;
  if (stepped == SQLITE_READONLY_ROLLBACK || stepped == SQLITE_READONLY_RECOVERY)
    roll_back(path);
  else
    db.fail(stepped);
}

Purpose purpose_of(const fs::path& path) {
  sql::Connection db(path, sql::Connection::Mode::read_only);
  return db.integer("PRAGMA application_id") == kDrillApplicationId ? Purpose::drills
                                                                    : Purpose::results;
}

void require_purpose(Purpose found, Purpose wanted, const fs::path& path) {
  if (found == wanted) return;
  if (found == Purpose::drills)
    refuse(path, "a drill database: its numbers are invented, nothing was trained",
           "give another --db");
  refuse(path, "a database of results: a drill must not write its invented numbers there",
         "give the drill a new file with --db");
}

}  // namespace sinkmoe::store
