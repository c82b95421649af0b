// The curves of an experiment for other programs: CSV, and the event files of TensorBoard.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "store/read/query.h"

namespace sinkmoe::report {

struct CurvePoint {
  int64_t step = 0;
  double value = 0;
};
struct RunCurve {
  std::string metric;  // "train/loss"
  std::vector<CurvePoint> points;
};
struct RunCurves {
  std::string run_id, group_id, label;
  int64_t seed = 0;
  double started = 0, ended = 0;  // seconds since 1970 of the last attempt
  int64_t last_step = 0;
  std::vector<RunCurve> curves;
};

// The run-level metrics of every run of the experiment that has numbers, void runs left out; only
// those called `metrics`, or all. Throws Error: no such experiment, no such metric (near names).
std::vector<RunCurves> read_curves(const store::Reader& reader, const std::string& experiment,
                                   const std::vector<std::string>& metrics);

// "run_id,group_id,seed,label,metric,step,value", one line a number.
std::string curves_csv(const std::vector<RunCurves>& runs);

// Writes FOLDER/LABEL_RUN/events.out.tfevents.TIME.sinkmoe for every run and returns the files.
// TensorBoard shows a folder as a run. Wall times are spread evenly over the last attempt.
std::vector<std::filesystem::path> write_tensorboard(const std::vector<RunCurves>& runs,
                                                     const std::filesystem::path& folder);

// The bytes of one event file.
std::string tensorboard_events(const RunCurves& run);

}  // namespace sinkmoe::report
