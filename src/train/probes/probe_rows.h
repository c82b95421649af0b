// Collects the rows of the probes of one evaluation.
#pragma once

#include <ATen/ATen.h>

#include <optional>
#include <string>
#include <utility>

#include "train/probes/probes.h"

namespace sinkmoe::train {

class ProbeRowWriter {
 public:
  explicit ProbeRowWriter(int64_t step) : step_(step) {}
  void run(const std::string& name, double value) { at(name, -1, -1, value); }
  // A number that does not exist is left out: a gap shows, a 0 would lie.
  void run(const std::string& name, std::optional<double> value) {
    if (value) run(name, *value);
  }
  void mean(const std::string& name, const at::Tensor& x) { run(name, x.mean().item<double>()); }
  void largest(const std::string& name, const at::Tensor& x) { run(name, x.max().item<double>()); }
  void layers(const std::string& name, const at::Tensor& x_L) {
    for (int64_t l = 0; l < x_L.size(0); ++l) at(name, l, -1, x_L[l].item<double>());
  }
  void heads(const std::string& name, const at::Tensor& x_LH) {
    for (int64_t l = 0; l < x_LH.size(0); ++l)
      for (int64_t h = 0; h < x_LH.size(1); ++h) at(name, l, h, x_LH[l][h].item<double>());
  }
  // A curve over a number of zeroed heads, which stands in the column of the head.
  void curve_point(const std::string& name, int64_t zeroed, double value) {
    at(name, -1, zeroed, value);
  }
  void at(const std::string& name, int64_t layer, int64_t head, double value) {
    rows_.metrics.push_back({name, step_, static_cast<int>(layer), static_cast<int>(head), value});
  }
  int64_t step() const { return step_; }
  ProbeRows& rows() { return rows_; }

 private:
  int64_t step_;
  ProbeRows rows_;
};

}  // namespace sinkmoe::train
