// How long runs will take, judged by the runs that this machine has made.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "plan/plan.h"

namespace sinkmoe::plan {

// FLOPs of a whole run: training and evaluations. The probes of the last evaluation are not counted.
double work_of(const config::RunConfig& config, const Cost& cost);

// A run that was made from its start to its end without a break.
struct MeasuredRun {
  config::RunConfig config;
  Cost cost;
  double seconds = 0;  // wall time, with start, evaluations and probes
};

struct TimeEstimate {
  double seconds = 0;
  double low = 0, high = 0;  // as the fastest and the slowest tenth of those runs were
  bool same_shape =
      false;         // measured on runs that differ in nothing that changes the time of a step
  int64_t runs = 0;  // on which it is based; 0: on an assumed speed
};

class Timings {
 public:
  // `assumed_flops`: FLOPs per second if there is no measured run.
  Timings(const std::vector<MeasuredRun>& runs, double assumed_flops);
  TimeEstimate operator()(const config::RunConfig& config, const Cost& cost) const;

 private:
  struct Shape {
    double work_per_token = 0;
    std::vector<double> seconds_per_work;
  };
  const Shape* nearest(double work_per_token) const;

  std::map<std::string, Shape> shapes_;
  double assumed_flops_;
};

}  // namespace sinkmoe::plan
