// Computes numbers from gates, probes and losses. One table describes every metric; HeadStatistics
// collects sums over batches.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "attention/mixer.h"
#include "config/run_config.h"
#include "core/run/metric.h"
#include "ranks/ranks.h"
#include "tensor/host_read.h"

namespace sinkmoe::metrics {

// Name, unit, direction and help of every metric that training stores.
const std::vector<MetricInfo>& metric_infos();
// The metrics that a run with these settings can have, except those that depend on its data: the
// losses of parts (data/source.h) and the tasks.
std::vector<MetricInfo> metric_infos(const config::EvalConfig& eval);
// The metrics of zero-shot tasks with these names.
std::vector<MetricInfo> task_infos(const std::vector<std::string>& tasks);

// Per-head statistics of one model over many rows (a few [H] sums per layer). Position 0 of each
// row is left out of gate means (E12); the first-token weight counts every query (E20).
class HeadStatistics {
 public:
  HeadStatistics(int64_t layers, int64_t heads);
  // Called once per layer and batch, through HeadProbe, without gradients. The sums stay on the
  // device of these tensors, and nothing is read back.
  void add(int64_t layer, const attention::HeadIn& in, const attention::HeadOut& out);
  // Has the sums of all layers copied to the host: needed on a GPU, before anything below is called
  // and once the read has waited.
  void read(tensor::HostRead& host);
  // Adds the rows of all ranks, so that each has the statistics of the whole.
  void sum_over(ranks::Group& group);

  // All [L,H] fp64, CPU.
  at::Tensor importance_LH() const;    // E12
  at::Tensor first_weight_LH() const;  // E20: mean weight on token 0
  // Share of rows in which the mean weight on token 0, over the row's queries, exceeds the threshold.
  at::Tensor sink_rows_LH(double threshold) const;
  at::Tensor value_ratio_LH()
      const;  // mean over rows of ||v_0|| / median_j>0 ||v_j|| (C2); 0 / 0 is 0
  at::Tensor out_norm_LH() const;               // E23: mean ||o|| over its mean in the layer
  at::Tensor gate_quantile_LH(double p) const;  // from a histogram of logits: exact to 0.25% of
                                                // the gate or of 1 minus the gate

 private:
  struct Sums {
    at::Tensor gate_H, first_H, ratio_H, norm_H, histogram_HB;
    std::vector<at::Tensor> first_BH;  // mean over the queries of each row
    double gate_count = 0, query_count = 0, row_count = 0;
  };
  std::vector<Sums> layers_;
};

// CV over heads with the population deviation (E13), per layer: [L,H] -> [L].
at::Tensor cv_L(const at::Tensor& importance_LH);

// Sums over the rows of one held-out file that an evaluation has read.
struct FileLoss {
  double nats = 0;
  int64_t tokens = 0, bytes = 0;  // bytes 0: the source is not text
};

// The results of one evaluation, as rows.
struct EvaluationResult {
  double loss = 0;                                    // nats per predicted token
  std::vector<std::pair<std::string, double>> parts;  // loss parts by name
  std::optional<double> bits_per_byte, floor, accuracy;
  std::vector<FileLoss> files;  // in the order of the source's files, if its rows belong to files
  // Filled by take_heads:
  double imbalance = 0, sink_rate = 0;  // E14; percent (E21)
  double sink_rate_rows = 0;            // percent, the threshold applied in each row
  at::Tensor importance_LH;             // fp64, CPU

  void take_heads(const HeadStatistics& heads, double sink_threshold);
  // Every metric of the evaluation, after take_heads of the same heads.
  std::vector<MetricRow> rows(int64_t step, const HeadStatistics& heads) const;
};

}  // namespace sinkmoe::metrics
