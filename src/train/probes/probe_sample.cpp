#include "train/probes/probe_sample.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace sinkmoe::train {

namespace {

constexpr int64_t kTokensPerPass = 2048;  // minimum, so that passes are not too small

}  // namespace

ProbeSample::ProbeSample(const data::DataSource& source, const config::RunConfig& config,
                         int64_t tokens, at::Device device, std::function<void()> alive)
    : alive_(std::move(alive)) {
  rows_ = std::clamp<int64_t>(tokens / config.data.context, 1, evaluation_rows(source, config));
  const int64_t most = std::max(config.train.batch, kTokensPerPass / config.data.context);
  for (int64_t from = 0; from < rows_; from += most)
    parts_.push_back(
        {from, evaluation_batch(source, config, from, std::min(most, rows_ - from), device)});
}

double ProbeSample::loss(const model::Decoder& model, const model::ForwardOptions& options) const {
  return loss(model, [&](const Part&) { return options; });
}

double ProbeSample::loss(const model::Decoder& model,
                         const std::function<model::ForwardOptions(const Part&)>& options) const {
  const at::NoGradGuard no_grad;
  double sum = 0;
  int64_t count = 0;
  for (const Part& part : parts_) {
    alive_();
    const model::DecoderOut out = model.forward(part.batch.ids_BT, options(part));
    sum += model::token_losses(out.hidden_NC, model.output_weight_VC(), part.batch.target_N)
               .sum(at::kDouble)
               .item<double>();
    count += part.batch.target_N.numel();
  }
  return sum / static_cast<double>(count);
}

}  // namespace sinkmoe::train
