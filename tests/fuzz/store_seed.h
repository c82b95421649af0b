// A small database for targets that start from a good one.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "core/file.h"
#include "store/store.h"

namespace sinkmoe {

// In memory where there is such a file system; gone when the target ends.
class SeedFolder {
 public:
  SeedFolder() {
    const std::filesystem::path memory = "/dev/shm";
    const auto base =
        std::filesystem::is_directory(memory) ? memory : std::filesystem::temp_directory_path();
    std::string name = (base / "sinkmoe-fuzz-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~SeedFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  SeedFolder(const SeedFolder&) = delete;
  SeedFolder& operator=(const SeedFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Two runs, one done, with every kind of row.
inline void fill(store::Store& store) {
  store::ExperimentRow experiment{"quick", "A title", "x.toml", "title = 1", "abc", {}};
  for (const char* id : {"aaaaaaaaaaaa", "bbbbbbbbbbbb"}) {
    store::RunRow run{
        .run_id = id, .group_id = "g", .control_id = "", .label = "x", .config = "a = 1\n"};
    run.identity = id;
    run.params = {{"train.lr", "float", 0.5, 0.1, "", "rate"},
                  {"model.kind", "string", std::string("x"), std::string("y"), "", ""}};
    experiment.runs.push_back(run);
  }
  store.put_experiment(experiment);
  const std::string ids[] = {"aaaaaaaaaaaa"};
  store::Lease lease = *store.claim(ids, store::this_process());
  store.begin_attempt(lease, {.device = "cpu", .processor = "p", .git_commit = "c"});
  store.describe(lease, {{"eval/loss", "nats", "lower", "loss"}, {"head/gate", "1", "", "gate"}});
  for (int64_t step = 0; step < 20; ++step)
    store.add_metrics(lease, {{"eval/loss", step, -1, -1, 1.5}, {"head/gate", step, 0, 1, 0.5}});
  store.add_histograms(lease, {{"head/gate", 1, 0, 0, 0, 1, {1, 2, 3}}});
  store.add_event(lease, {"note", "text"});
  store.add_checkpoint(lease, {10, false, "step-10.txt", 3, std::string(64, 'a')});
  store.finish(lease, {});
}

inline const std::string& seed_database() {
  static const std::string content = [] {
    const SeedFolder folder;
    {
      store::Store store(folder / "seed.db");
      fill(store);
    }
    return read_file(folder / "seed.db", 1 << 24);
  }();
  return content;
}

}  // namespace sinkmoe
