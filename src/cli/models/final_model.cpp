#include "cli/models/final_model.h"

#include "cli/run_lookup.h"
#include "config/compose/canonical.h"
#include "core/error.h"
#include "data/text_set.h"
#include "queue/worker/checkpoints.h"
#include "store/read/health.h"

namespace sinkmoe::cli {

namespace {

std::string tokenizer_hash(const store::Reader& reader, const std::string& run_id) {
  if (reader.query("SELECT 1 FROM sqlite_master WHERE name = 'v_input'").rows.empty()) return "";
  const Table found = reader.query(
      "SELECT sha256 FROM v_input WHERE part = 'tokenizer' AND run_id = '" + run_id + "'");
  return found.rows.empty() ? "" : to_text(found.rows[0][0]);
}

}  // namespace

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
        return {id, config::parse_canonical(to_text(stored.rows[0][0]), "run " + id), *file,
                tokenizer_hash(reader, id)};
  throw Error("run " + id + ": " + why, db.string(),
              "the weights are beside the database of the computer that trained it; to train it "
              "again, use 'sinkmoe void' and 'sinkmoe run'");
}

std::unique_ptr<data::Tokenizer> tokenizer_of(const FinalModel& model) {
  const std::string& folder = model.config.data.path;
  auto tokenizer = data::open_tokenizer(folder);
  if (!model.tokenizer_hash.empty() && tokenizer->hash() != model.tokenizer_hash)
    throw Error("not the tokenizer that run " + model.run_id + " was trained with", folder,
                "the text was imported again: import it as it was then");
  return tokenizer;
}

}  // namespace sinkmoe::cli
