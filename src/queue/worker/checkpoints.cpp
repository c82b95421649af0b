#include "queue/worker/checkpoints.h"

#include <fmt/format.h>

#include "core/hash.h"
#include "core/text.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

namespace {
constexpr size_t kKept = 2;  // checkpoints of a run that is not done
}

Keep parse_keep(const std::string& text) {
  if (text == "none") return Keep::none;
  if (text == "final") return Keep::final;
  if (text == "all") return Keep::all;
  throw Error("--keep is '" + text + "'", "command line", "give none, final or all");
}

std::string to_string(Keep keep) {
  return keep == Keep::none ? "none" : keep == Keep::final ? "final" : "all";
}

fs::path run_folder(const fs::path& db, const std::string& run_id) {
  if (!safe_name(run_id)) throw Error("'" + run_id + "' is no run_id", db.string());
  return db.parent_path() / "runs" / run_id;
}

bool checkpoint_is_good(const fs::path& folder, const store::CheckpointRow& row, std::string* why) {
  std::error_code error;
  const fs::path file = folder / row.path;
  const auto fail = [&](const std::string& text) {
    if (why) *why = file.string() + " " + text;
    return false;
  };
  if (!safe_name(row.path)) return fail("is outside the run's folder");
  if (!fs::is_regular_file(fs::symlink_status(file, error))) return fail("is missing");
  const auto size = static_cast<int64_t>(fs::file_size(file, error));
  if (size != row.bytes) return fail(fmt::format("has {} bytes instead of {}", size, row.bytes));
  try {
    if (sha256_file(file) != row.sha256) return fail("does not match its hash");
  } catch (const Error& e) {
    return fail(std::string("cannot be read: ") + e.what());
  }
  return true;
}

ResumePoint find_resume_point(const store::Store& store, const std::string& run_id) {
  const fs::path folder = run_folder(store.path(), run_id);
  ResumePoint point;
  for (const store::CheckpointRow& row : store.checkpoints(run_id)) {
    if (row.final) continue;
    std::string why;
    if (checkpoint_is_good(folder, row, &why)) {
      point.checkpoint = row;
      break;
    }
    point.passed_over.push_back(
        fmt::format("the checkpoint of step {} is passed over: {}", row.step, why));
  }
  return point;
}

std::optional<fs::path> final_weights(const store::Store& store, const std::string& run_id,
                                      std::string* why) {
  const fs::path folder = run_folder(store.path(), run_id);
  if (why) *why = "the final weights of run " + run_id + " are not stored";
  for (const store::CheckpointRow& row : store.checkpoints(run_id))
    if (row.final && checkpoint_is_good(folder, row, why)) return folder / row.path;
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
  remove_files(run_folder(store.path(), lease.run_id), old);
}

std::vector<store::CheckpointRow> superfluous(const store::Store& store, const std::string& run_id,
                                              Keep keep) {
  std::vector<store::CheckpointRow> rows;
  if (keep == Keep::all) return rows;
  // Weights that another run starts from stay, whatever was asked for.
  const bool keep_final = keep == Keep::final || store.has_children(run_id);
  for (const store::CheckpointRow& row : store.checkpoints(run_id))
    if (!row.final || !keep_final) rows.push_back(row);
  return rows;
}

void remove_files(const fs::path& folder, const std::vector<store::CheckpointRow>& rows) {
  std::error_code left;  // a file that stays is garbage without a row
  for (const store::CheckpointRow& row : rows)
    if (safe_name(row.path)) fs::remove(folder / row.path, left);
}

store::CheckpointRow describe_file(const fs::path& folder, const fs::path& file) {
  const std::string name = file.filename().string();
  std::error_code error;
  if (!safe_name(name) || !fs::equivalent(folder, file.parent_path(), error))
    throw Error("a checkpoint must lie in the run's folder " + folder.string(), file.string());
  store::CheckpointRow row;
  row.path = name;
  row.sha256 = sha256_file(file);
  row.bytes = static_cast<int64_t>(fs::file_size(file));
  return row;
}

}  // namespace sinkmoe::queue
