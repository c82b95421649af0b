// Decides which checkpoint files are valid: a file is valid once its row is stored; the last two
// good ones are kept; a damaged one is skipped.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace sinkmoe::queue {

// What is kept of a done run: nothing, the final weights, or every checkpoint too.
enum class Keep { none, final, all };
constexpr auto names_of(Keep) {
  return names<Keep>("choice of --keep",
                     {{Keep::none, "none"}, {Keep::final, "final"}, {Keep::all, "all"}});
}

// NAME.db and ".runs": NAME.runs in the same folder.
std::filesystem::path folder_beside(const std::filesystem::path& db, const std::string& ending);

// The folder of a run: NAME.runs/RUN_ID/ beside the database NAME.db, so that two databases in one
// folder share no file. A task of a scheduler trains in the database NAME.runs/RUN_ID/run.db; its runs have the folders of
// NAME.db. Throws Error if the run_id is not a safe name.
inline constexpr const char* kTaskDatabase = "run.db";
std::filesystem::path run_folder(const std::filesystem::path& db, const std::string& run_id);

struct ResumePoint {
  std::optional<std::filesystem::path> file;  // none: from the beginning
  int64_t step = 0;
  // one message for each newer one that is missing or damaged
  std::vector<std::string> passed_over;
};

// The file of a row, if it exists with the size and hash of the row; otherwise `why`, if given,
// gives the reason. Looks in the run's folder and in runs/RUN_ID/ beside the database, where
// earlier versions kept the runs of all databases.
std::optional<std::filesystem::path> checkpoint_file(const std::filesystem::path& db,
                                                     const std::string& run_id,
                                                     const store::CheckpointRow& row,
                                                     std::string* why = nullptr);

ResumePoint find_resume_point(const store::Store& store, const std::string& run_id);

// Path of the final weights of a done run, if they exist and are good.
std::optional<std::filesystem::path> final_weights(const store::Store& store,
                                                   const std::string& run_id, std::string* why);

// Records a complete file below the run's folder, then removes what is no longer needed (rows, then
// files).
void commit_checkpoint(store::Store& store, const store::Lease& lease,
                       const store::CheckpointRow& row, Keep keep);

// The checkpoints to remove once the run is done.
std::vector<store::CheckpointRow> superfluous(const store::Store& store, const std::string& run_id,
                                              Keep keep);

// Removes the files of rows that were removed before. In the shared folder of earlier versions,
// removes only files with the hash of their row.
void remove_files(const std::filesystem::path& db, const std::string& run_id,
                  const std::vector<store::CheckpointRow>& rows);

// Size and hash of a file below the folder, as a row. Throws Error: outside the folder, not a safe
// name, unreadable.
store::CheckpointRow describe_file(const std::filesystem::path& folder,
                                   const std::filesystem::path& file);

}  // namespace sinkmoe::queue
