// A small model whose heads matter, with few held-out rows, for tests of probes.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "support/tiny.h"
#include "train/eval/evaluate.h"
#include "train/probes/probe_sample.h"
#include "train/probes/probes.h"

namespace sinkmoe::testing {

// Weights large enough that heads matter.
inline config::RunConfig lively(const std::string& kind = "vanilla") {
  config::RunConfig c = tiny_config(kind);
  c.model.init_std = 0.3;
  return c;
}

// A source with so few held-out rows that every sample of the probes is all of them.
class FewRows : public data::DataSource {
 public:
  explicit FewRows(const config::DataConfig& config) : all_(data::open_source(config)) {}
  int64_t vocabulary() const override { return all_->vocabulary(); }
  int32_t bos() const override { return all_->bos(); }
  void train_row(uint64_t seed, int64_t step, int64_t i, std::span<int32_t> row) const override {
    all_->train_row(seed, step, i, row);
  }
  int64_t eval_rows() const override { return 32; }
  void eval_row(int64_t i, std::span<int32_t> row) const override { all_->eval_row(i, row); }
  std::optional<int64_t> target_bytes(std::span<const int32_t>) const override { return {}; }
  std::string content_hash() const override { return all_->content_hash(); }

 private:
  std::unique_ptr<data::DataSource> all_;
};

struct Setting {
  config::RunConfig config;
  std::unique_ptr<data::DataSource> source;
  model::Decoder model;
  int alive = 0;
  train::ProbeSample sample;

  explicit Setting(const config::RunConfig& c, int64_t tokens = 256)
      : config(c),
        source(std::make_unique<FewRows>(c.data)),
        model(c, source->vocabulary(), at::kCPU),
        sample(*source, c, tokens, at::kCPU, [this] { ++alive; }) {}

  at::Tensor parameter(const std::string& name) const {
    for (const auto& entry : model.params().entries())
      if (entry.spec.name == name) return entry.value.detach();
    throw std::out_of_range(name);
  }
};

inline double value_of(const std::vector<MetricRow>& rows, const std::string& name, int layer = -1,
                       int head = -1) {
  for (const MetricRow& row : rows)
    if (row.name == name && row.layer == layer && row.head == head) return row.value;
  ADD_FAILURE() << "no row " << name << " " << layer << " " << head;
  return std::nan("");
}

inline train::ProbeRows probe(const Setting& s) {
  const train::Evaluated e = train::evaluate(s.model, *s.source, 256, at::kCPU);
  return train::run_probes(s.model, *s.source, e.heads, 3, at::kCPU, [] {});
}

}  // namespace sinkmoe::testing
