// Hand-made databases for the tests of the store.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "store/read/query.h"
#include "store/store.h"

namespace sinkmoe::store {

// A folder that is gone when the test ends, in memory where there is such a file system.
class Folder {
 public:
  Folder() {
    const std::filesystem::path memory = "/dev/shm";
    const auto base =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (base / "sinkmoe-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline const std::vector<MetricInfo> kMetrics = {
    {"eval/loss", "nats", "lower", "validation loss"},
    {"layer/cv", "1", "", "CV of importance"},
    {"head/importance", "1", "", "importance of a head"}};

// A run of one variant, weight and seed; its control is the run of weight 0.
inline RunRow run_row(const std::string& kind, double weight, int64_t seed) {
  const std::string group = kind + "-" + std::to_string(static_cast<int>(weight * 1000));
  RunRow run{.run_id = group + "-s" + std::to_string(seed),
             .group_id = group,
             .control_id = weight > 0 ? kind + "-0-s" + std::to_string(seed) : "",
             .label = kind,
             .seed = seed,
             .config = "attention.kind = \"" + kind + "\"\n",
             .identity = kind + std::to_string(weight)};
  run.params = {{"attention.kind", "string", kind, "vanilla", "", "variant"},
                {"balance.weight", "float", weight, 0.0, "", "weight"},
                {"train.seed", "int", seed, int64_t{0}, "", "seed"}};
  return run;
}

inline ExperimentRow experiment_row(std::vector<RunRow> runs, const std::string& name = "quick") {
  return {name, "A title", "experiments/" + name + ".toml", "title = 1", "abc", std::move(runs)};
}

// Claims and begins one attempt, with the metrics described.
inline Lease begin(Store& store, const std::string& run_id, int64_t start_step = 0) {
  const std::string ids[] = {run_id};
  auto lease = store.claim(ids, this_process());
  if (!lease) throw std::runtime_error("cannot claim " + run_id);
  store.begin_attempt(
      *lease,
      {.device = "cpu", .processor = "test", .git_commit = "c0ffee", .start_step = start_step});
  store.describe(*lease, kMetrics);
  return *lease;
}

inline void complete(Store& store, const std::string& run_id, double loss) {
  const Lease lease = begin(store, run_id);
  store.add_metrics(lease, {{"eval/loss", 0, -1, -1, 9.0}, {"eval/loss", 10, -1, -1, loss}});
  store.finish(lease, {});
}

// Rows of a query, cells joined by '|', rows by newlines.
inline std::string rows(const std::filesystem::path& db, const std::string& sql) {
  std::string text;
  for (const auto& row : Reader(db).query(sql).rows) {
    for (size_t i = 0; i < row.size(); ++i) text += (i ? "|" : "") + to_text(row[i]);
    text += "\n";
  }
  return text;
}

}  // namespace sinkmoe::store
