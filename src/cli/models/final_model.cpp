#include "cli/models/final_model.h"

#include "cli/run_lookup.h"
#include "config/compose/canonical.h"
#include "core/error.h"
#include "queue/worker/checkpoints.h"
#include "store/read/health.h"

namespace sinkmoe::cli {

FinalModel find_final_model(const std::filesystem::path& db, const std::string& run) {
  const store::Reader reader(db);
  const std::string id = find_run(reader, run);
  const Table stored = reader.query("SELECT config, status FROM run WHERE run_id = '" + id + "'");
  if (const std::string status = to_text(stored.rows.at(0)[1]); status != "done")
    throw Error("run " + id + " is " + status, db.string(), "finish it with 'sinkmoe run' first");
  std::string why = "its final weights are not stored";
  for (const store::StoredCheckpoint& found : store::stored_checkpoints(db))
    if (found.run_id == id && found.row.final)
      if (auto file = queue::checkpoint_file(db, id, found.row, &why))
        return {id, config::parse_canonical(to_text(stored.rows[0][0]), "run " + id), *file};
  throw Error("run " + id + ": " + why, db.string(),
              "the weights are beside the database of the computer that trained it; to train it "
              "again, use 'sinkmoe void' and 'sinkmoe run'");
}

}  // namespace sinkmoe::cli
