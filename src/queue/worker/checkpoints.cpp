#include "queue/worker/checkpoints.h"

#include <fmt/format.h>

#include "core/hash.h"
#include "core/text/safe_name.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

namespace {

constexpr size_t kKept = 2;  // checkpoints of a run that is not done

// The folder in which earlier versions kept the runs of all databases.
fs::path shared_folder(const fs::path& db, const std::string& run_id) {
  return db.parent_path() / "runs" / run_id;
}

// The problem with the file of a row, or "".
std::string problem_of(const fs::path& file, const store::CheckpointRow& row) {
  std::error_code error;
  const std::string name = file.string();
  if (!safe_name(row.path)) return name + " is outside the run's folder";
  if (!fs::is_regular_file(fs::symlink_status(file, error))) return name + " is missing";
  const auto size = static_cast<int64_t>(fs::file_size(file, error));
  if (size != row.bytes) return fmt::format("{} has {} bytes instead of {}", name, size, row.bytes);
  try {
    const std::string hash = sha256_file(file);
    if (hash == row.sha256) return "";
    return fmt::format("{} does not match its hash: it has {}, stored is {}", name, hash,
                       row.sha256);
  } catch (const Error& e) {
    return name + " cannot be read: " + e.what();
  }
}

}  // namespace

fs::path folder_beside(const fs::path& db, const std::string& ending) {
  fs::path folder = db;
  return folder.replace_filename((db.extension() == ".db" ? db.stem() : db.filename()).string() +
                                 ending);
}

fs::path run_folder(const fs::path& db, const std::string& run_id) {
  if (!safe_name(run_id)) throw Error("'" + run_id + "' is not a run_id", db.string());
  const fs::path above = db.parent_path().parent_path();
  if (db.filename() == kTaskDatabase && above.extension() == ".runs") return above / run_id;
  return folder_beside(db, ".runs") / run_id;
}

std::optional<fs::path> checkpoint_file(const fs::path& db, const std::string& run_id,
                                        const store::CheckpointRow& row, std::string* why) {
  const fs::path own = run_folder(db, run_id) / row.path,
                 shared = shared_folder(db, run_id) / row.path;
  std::string problem = problem_of(own, row);
  if (problem.empty()) return own;
  std::error_code error;
  if (safe_name(row.path) && fs::exists(shared, error)) {
    const std::string other = problem_of(shared, row);
    if (other.empty()) return shared;
    if (!fs::exists(own, error)) problem = other;
  }
  if (why) *why = problem;
  return std::nullopt;
}

ResumePoint find_resume_point(const store::Store& store, const std::string& run_id) {
  ResumePoint point;
  for (const store::CheckpointRow& row : store.checkpoints(run_id)) {
    if (row.final) continue;
    std::string why;
    if ((point.file = checkpoint_file(store.path(), run_id, row, &why))) {
      point.step = row.step;
      break;
    }
    point.passed_over.push_back(
        fmt::format("the checkpoint of step {} is passed over: {}", row.step, why));
  }
  return point;
}

std::optional<fs::path> final_weights(const store::Store& store, const std::string& run_id,
                                      std::string* why) {
  if (why) *why = "the final weights of run " + run_id + " are not stored";
  for (const store::CheckpointRow& row : store.checkpoints(run_id))
    if (row.final)
      if (auto file = checkpoint_file(store.path(), run_id, row, why)) return file;
  return std::nullopt;
}

void commit_checkpoint(store::Store& store, const store::Lease& lease,
                       const store::CheckpointRow& row, Keep keep) {
  store.add_checkpoint(lease, row);
  if (keep == Keep::all || row.final) return;
  std::vector<store::CheckpointRow> old;
  size_t newer = 0;
  for (const store::CheckpointRow& other : store.checkpoints(lease.run_id))
    if (!other.final && ++newer > kKept) old.push_back(other);
  for (const store::CheckpointRow& other : old) store.drop_checkpoint(lease, other);
  remove_files(store.path(), lease.run_id, old);
}

std::vector<store::CheckpointRow> superfluous(const store::Store& store, const std::string& run_id,
                                              Keep keep) {
  std::vector<store::CheckpointRow> rows;
  if (keep == Keep::all) return rows;
  // Weights from which another run starts are always kept.
  const bool keep_final = keep == Keep::final || store.has_children(run_id);
  for (const store::CheckpointRow& row : store.checkpoints(run_id))
    if (!row.final || !keep_final) rows.push_back(row);
  return rows;
}

void remove_files(const fs::path& db, const std::string& run_id,
                  const std::vector<store::CheckpointRow>& rows) {
  std::error_code left;  // a file that remains has no row and is ignored
  for (const store::CheckpointRow& row : rows) {
    if (!safe_name(row.path)) continue;
    fs::remove(run_folder(db, run_id) / row.path, left);
    const fs::path shared = shared_folder(db, run_id) / row.path;
    if (problem_of(shared, row).empty()) fs::remove(shared, left);
  }
}

store::CheckpointRow describe_file(const fs::path& folder, const fs::path& file) {
  const std::string name = file.filename().string();
  std::error_code error;
  if (!safe_name(name) || !fs::equivalent(folder, file.parent_path(), error))
    throw Error("a checkpoint must be in the run's folder " + folder.string(), file.string());
  store::CheckpointRow row;
  row.path = name;
  row.sha256 = sha256_file(file);
  row.bytes = static_cast<int64_t>(fs::file_size(file));
  return row;
}

}  // namespace sinkmoe::queue
