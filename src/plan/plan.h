// Turns a sweep file and overrides into a validated list of runs without duplicates, parents before
// children. Writes nothing.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "config/compose/compose.h"

namespace sinkmoe::plan {

struct RunSpec {
  config::RunConfig config;
  std::string run_id;    // first 12 hex digits of the SHA-256 of: result epoch, identity text, data
                         // hash, parent's run_id
  std::string group_id;  // the same without the seed
  std::string control;   // run_id of the same run with every balance.* field at its default ("" if
      // this is it); of a run that only evaluates, its parent's control evaluated
  std::string parent;  // run_id of the init_from run, or ""; in the plan unless train.init_from
                       // names a stored run
  std::string data;    // data_contents (data/source.h) of its data
  // what the sweep varies: "attention.kind=sink balance.weight=0.01 train.seed=1"
  std::string label;
};

struct SkippedPoint {
  std::string label, reason;
};

struct Plan {
  std::string name, title, path, toml,
      sha256;                 // of the experiment file, overrides included in sha256
  std::vector<RunSpec> runs;  // seed-major order, parents first
  std::vector<SkippedPoint> skipped;
  int64_t duplicates = 0;  // points that are the same run as an earlier point
  // Runs at balance.weight = 0 that differ from an earlier run in balance.loss alone: the loss is
  // only measured there, so they train the same. `kept_loss` is the loss of the first such run.
  int64_t repeated = 0;
  std::string kept_loss;
  std::vector<std::string>
      doubts;  // config::doubts of the runs, each once, with the number of runs
};

struct PlanRequest {
  std::filesystem::path experiment;    // a file, or a name looked up as experiments/NAME.toml
  std::vector<std::string> overrides;  // command-line arguments, sweeps allowed
  std::filesystem::path config_root = "configs", experiment_root = "experiments";
  std::string name = {};  // the name for the database; "": experiment_name(file's name, overrides)
};

// Throws Error with every problem found.
Plan make_plan(const PlanRequest& request);

// Content hashes of the data that a run reads; data_contents (data/source.h) except in tests.
// Throws Error.
using DataContents = std::function<std::string(const config::RunConfig&)>;
Plan make_plan(const PlanRequest& request, const DataContents& data_contents);

// Base, groups, the experiment's own settings ("" for none) and overrides with one value each: what
// stands below the sweep (swept_keys). `config show` and `explain` print it. Throws Error.
config::Composed resolve_config(const PlanRequest& request);

// A key that a block of the sweep varies.
struct SweptKey {
  std::string key;
  std::string block;                // "block 1", or its name
  std::vector<std::string> values;  // as TOML, in order
  std::string where;                // of the first value
  std::string layer;                // "sweep" or "command line"
};

// The swept keys of all blocks in order, overrides included; none without an experiment. Throws
// Error.
std::vector<SweptKey> swept_keys(const PlanRequest& request);

// Size of one run, from its configuration alone.
struct Cost {
  int64_t parameters = 0,
          matrix_parameters = 0;  // matrix: with the output matrix, without the embedding
  int64_t tokens = 0;             // trained on
  double flops = 0;               // 6 N_mat + 6 L C T + the variant's own per token, times tokens
};
Cost estimate_cost(const config::RunConfig& config, int64_t vocabulary);

// Assumed speed of one large GPU, used for time estimates only: dense bf16 peak of an H100 (SXM),
// and a cautious share of it. Models of 10M parameters may reach this; well tuned programs with models of billions reach
// 0.4. Not measured: `plan --share` gives another.
inline constexpr double kGpuPeakFlops = 989e12, kGpuShare = 0.16;

}  // namespace sinkmoe::plan
