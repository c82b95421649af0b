#include "train/probes/probe_sample.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace sinkmoe::train {

namespace {

constexpr int64_t kTokensPerPass = 2048;  // minimum, so that passes are not too small

}  // namespace

ProbeSample::ProbeSample(const data::DataSource& source, const config::RunConfig& config,
                         int64_t tokens, at::Device device, std::function<void()> alive)
    : ProbeSample(source, config,
                  Rows{0, std::clamp<int64_t>(tokens / config.data.context, 1,
                                              evaluation_rows(source, config))},
                  device, std::move(alive)) {}

ProbeSample::ProbeSample(const data::DataSource& source, const config::RunConfig& config, Rows rows,
                         at::Device device, std::function<void()> alive)
    : rows_(rows.count), alive_(std::move(alive)) {
  const int64_t most = std::max(config.train.batch, kTokensPerPass / config.data.context);
  const int64_t end = rows.first + rows.count;
  for (int64_t from = rows.first; from < end; from += most) {
    parts_.push_back(
        {from, evaluation_batch(source, config, from, std::min(most, end - from), device)});
    tokens_ += parts_.back().batch.target_N.numel();
  }
}

double ProbeSample::sum(const model::Decoder& model, const Part& part,
                        const model::ForwardOptions& options) const {
  const at::NoGradGuard no_grad;
  alive_();
  const model::DecoderOut out = model.forward(part.batch.ids_BT, options);
  return model::token_losses(out.hidden_NC, model.output_weight_VC(), part.batch.target_N)
      .sum(at::kDouble)
      .item<double>();
}

double ProbeSample::loss(const model::Decoder& model, const model::ForwardOptions& options) const {
  return loss(model, [&](const Part&) { return options; });
}

double ProbeSample::loss(const model::Decoder& model,
                         const std::function<model::ForwardOptions(const Part&)>& options) const {
  double total = 0;
  for (const Part& part : parts_) total += sum(model, part, options(part));
  return total / static_cast<double>(tokens_);
}

}  // namespace sinkmoe::train
