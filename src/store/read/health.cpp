#include "store/read/health.h"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <iterator>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

namespace {

using Mode = sql::Connection::Mode;

struct FileSystem {
  uint32_t magic;
  const char* name;
};

// File system numbers of statfs(2).
constexpr FileSystem kNetworked[] = {
    {0x6969, "NFS"},        {0x517b, "SMB"},        {0xfe534d42, "SMB2"},
    {0xff534d42, "CIFS"},   {0x0bd00bd0, "Lustre"}, {0x00c36400, "Ceph"},
    {0x19830326, "BeeGFS"}, {0x47504653, "GPFS"},   {0x01021997, "9P"}};

}  // namespace

std::vector<std::string> database_problems(const std::filesystem::path& path) {
  const sql::Connection db(path, Mode::read_only);
  std::vector<std::string> problems;
  sql::Statement integrity(db, "PRAGMA integrity_check(20)");
  while (integrity.step())
    if (integrity.text(0) != "ok") problems.push_back(integrity.text(0));
  sql::Statement keys(db, "PRAGMA foreign_key_check");
  while (keys.step() && problems.size() < 40)
    problems.push_back(fmt::format("a row of {} refers to a row of {} that does not exist",
                                   keys.text(0), keys.text(2)));
  return problems;
}

std::vector<StoredCheckpoint> stored_checkpoints(const std::filesystem::path& path) {
  const sql::Connection db(path, Mode::read_only);
  sql::Statement s(db,
                   R"sql(
SELECT r.run_id, c.step, c.final, c.path, c.bytes, c.sha256
FROM checkpoint c JOIN run r ON r.id = c.run
ORDER BY r.run_id, c.step)sql");
  std::vector<StoredCheckpoint> rows;
  while (s.step())
    rows.push_back(
        {s.text(0), {s.integer(1), s.integer(2) != 0, s.text(3), s.integer(4), s.text(5)}});
  return rows;
}

std::vector<std::string> stored_run_ids(const std::filesystem::path& path) {
  const sql::Connection db(path, Mode::read_only);
  sql::Statement s(db, "SELECT run_id FROM run ORDER BY run_id");
  std::vector<std::string> ids;
  while (s.step()) ids.push_back(s.text(0));
  return ids;
}

std::string network_file_system(const std::filesystem::path& path) {
  struct statfs info{};
  if (::statfs(path.c_str(), &info) != 0) return "";
  for (const FileSystem& fs : kNetworked)
    if (static_cast<uint32_t>(info.f_type) == fs.magic) return fs.name;
  return "";
}

}  // namespace sinkmoe::store
