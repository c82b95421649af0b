#include "train/eval/answers.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

#include "model/ops/ops.h"

namespace sinkmoe::train {

AnswerAccuracy::AnswerAccuracy(const data::DataSource& source) : source_(source) {
  const std::vector<std::string> parts = source.parts();
  const auto at = std::find(parts.begin(), parts.end(), "answer");
  if (at != parts.end()) part_ = static_cast<int>(at - parts.begin());
}

void AnswerAccuracy::add(const at::Tensor& hidden_NC, const at::Tensor& w_VC, const Batch& batch) {
  if (part_ < 0) return;
  const int64_t B = batch.ids_BT.size(0), T = batch.ids_BT.size(1);
  std::vector<int64_t> answers;
  std::vector<uint8_t> part(static_cast<size_t>(T));
  for (int64_t b = 0; b < B; ++b) {
    source_.parts_of(std::span<const int32_t>(batch.rows)
                         .subspan(static_cast<size_t>(b * (T + 1)), static_cast<size_t>(T + 1)),
                     part);
    for (int64_t t = 0; t < T; ++t)
      if (part[static_cast<size_t>(t)] == part_) answers.push_back(b * T + t);
  }
  if (answers.empty()) return;
  const at::Tensor index = tensor::to_device(at::tensor(answers, at::kLong), hidden_NC.device());
  const at::Tensor best = sinkmoe::model::linear(hidden_NC.index_select(0, index), w_VC)
                              .argmax(-1);  // the first of equal ones
  const at::Tensor right = (best == batch.target_N.index_select(0, index)).sum();
  right_ = right_.defined() ? right_ + right : right;
  count_ += static_cast<int64_t>(answers.size());
}

void AnswerAccuracy::read(tensor::HostRead& host) {
  if (right_.defined()) right_ = host.add(right_);
}

void AnswerAccuracy::sum_over(ranks::Group& group) {
  const at::Tensor counts =
      at::tensor({right_.defined() ? right_.item<int64_t>() : 0, count_}, at::kLong);
  group.sum(counts);
  right_ = counts[0];
  count_ = counts[1].item<int64_t>();
}

std::optional<double> AnswerAccuracy::value() const {
  if (count_ == 0) return {};
  return static_cast<double>(right_.item<int64_t>()) / static_cast<double>(count_);
}

}  // namespace sinkmoe::train
