#include "cli/models/measured_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/compose/canonical.h"
#include "core/error.h"
#include "core/hash.h"
#include "data/source.h"
#include "plan/identity.h"
#include "pretrained/model_hash.h"
#include "queue/build_info.h"
#include "queue/machine.h"
#include "queue/supervisor/todo_runs.h"
#include "store/read/query.h"
#include "store/sqlite/database_file.h"
#include "store/store.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;

std::string rows_hash(const pretrained::TokenRows& rows) {
  Sha256 hash;
  hash.update(fmt::format("sinkmoe rows {} {}\n", rows.rows.size(), rows.context()));
  for (const auto& row : rows.rows) hash.update(row.data(), row.size() * sizeof(row[0]));
  return hash.hex();
}

config::RunConfig config_of(const MeasuredInput& input) {
  const pretrained::Architecture& a = input.model.architecture;
  const auto any = [&](auto&& f) { return std::any_of(a.layers.begin(), a.layers.end(), f); };
  const bool sinks = any([](const pretrained::Layer& l) { return l.sinks.exists(); }),
             gated = any([](const pretrained::Layer& l) { return l.head_gate.weight.exists(); });
  config::RunConfig c;
  c.model.layers = static_cast<int64_t>(a.layers.size());
  c.model.width = a.width;
  c.model.heads = a.heads;
  c.model.kv_heads = a.kv_heads == a.heads ? 0 : a.kv_heads;
  c.attention.kind = sinks ? "sink" : gated ? "gated" : "vanilla";
  c.data.source = "rows";
  c.data.path = input.text;
  c.data.context = input.rows.context();
  c.data.options.set("rows", "hash", rows_hash(input.rows));
  c.data.options.set("rows", "bos", input.bos);
  c.train.steps = 0;
  c.train.init_checkpoint = input.folder;
  c.train.init_hash = pretrained::model_hash(input.model, pretrained::hash_cache());
  c.eval.final_tokens = static_cast<int64_t>(input.rows.rows.size()) * input.rows.context();
  return c;
}

std::vector<MetricInfo> used_infos(const pretrained::HeadsResult& result) {
  std::set<std::string> used;
  for (const MetricRow& row : result.metrics) used.insert(row.name);
  std::vector<MetricInfo> infos;
  for (const MetricInfo& info : result.infos)
    if (used.contains(info.name)) infos.push_back(info);
  return infos;
}

}  // namespace

plan::RunSpec measured_run(const MeasuredInput& input) {
  plan::RunSpec run{.config = config_of(input)};
  run.data = data::data_contents(run.config);
  const plan::RunIdentity id = plan::identify(run.config, data::data_digest(run.data), {});
  run.run_id = id.run_id;
  run.group_id = id.group_id;
  run.label =
      fmt::format("model={} T={} rows={} bos={}", input.model.name(), input.rows.context(),
                  input.rows.rows.size(), input.bos < 0 ? "none" : std::to_string(input.bos));
  return run;
}

bool is_stored(const fs::path& db, const std::string& run_id) {
  if (store::inspect_database(db) != store::FileState::ours) return false;
  store::require_purpose(store::purpose_of(db), store::Purpose::results, db);
  const store::Reader reader(db);
  return !reader
              .query(
                  fmt::format("SELECT 1 FROM run WHERE run_id = '{}' AND status = 'done'", run_id))
              .rows.empty();
}

void store_measured(const fs::path& db, const plan::RunSpec& run,
                    const pretrained::HeadsResult& result) {
  store::Store store(db, store::Purpose::results);
  plan::Plan list{.name = "heads", .title = "Pretrained models", .path = "sinkmoe heads"};
  list.runs = {run};
  store.put_experiment(queue::experiment_row(list), store::OtherList::append);
  if (store.state(run.run_id)->status == RunStatus::done) return;
  store.free_dead_leases();
  const std::vector<std::string> ids = {run.run_id};
  std::optional<store::Lease> lease =
      store.claim(ids, store::this_process(), {.retry_failed = true});
  if (!lease)
    throw Error("another process stores run " + run.run_id, db.string(), "wait until it has ended");
  store.begin_attempt(*lease, {.device = "cpu",
                               .processor = queue::processor_text(),
                               .threads = queue::usable_cores(),
                               .git_commit = queue::kBuildInfo.commit,
                               .build = queue::kBuildInfo.build,
                               .git_dirty = queue::kBuildInfo.dirty});
  const config::RunConfig& c = run.config;
  const std::string model = fs::path(c.train.init_checkpoint).filename().string();
  store.put_inputs(*lease, {{.part = "source",
                             .name = c.data.path,
                             .sha256 = data::data_digest(run.data),
                             .tokens = c.eval.final_tokens,
                             .rows = result.rows},
                            {.part = "weights", .name = model, .sha256 = c.train.init_hash}});
  RunEnd end;
  try {
    store.describe(*lease, used_infos(result));
    store.add_metrics(*lease, result.metrics);
  } catch (const NotFinite& e) {
    end = {Outcome::diverged, e.what()};
  }
  store.finish(*lease, end);
}

}  // namespace sinkmoe::cli
