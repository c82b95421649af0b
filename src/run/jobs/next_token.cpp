// The logits of the next token by a trained run.
#include "pretrained/next_token.h"

#include <ATen/ATen.h>

#include <memory>

#include "core/registry.h"
#include "model/decoder.h"
#include "model/weights_io.h"
#include "train/start/initial_weights.h"
#include "train/trainable/activation_adapters.h"
#include "weights/safetensors.h"

namespace sinkmoe::run {

namespace {

std::shared_ptr<const model::Decoder> decoder_of(const config::RunConfig& config,
                                                 const std::filesystem::path& weights) {
  config::RunConfig on_cpu = config;  // in fp32, whatever the run was trained on
  on_cpu.run = {};
  if (weights.filename() == train::kAdapterFile) {
    const auto decoder =
        std::make_shared<model::Decoder>(on_cpu, train::vocabulary_of(on_cpu, 0), at::kCPU);
    train::load_initial_weights(*decoder, {.config = on_cpu});
    train::ActivationAdapters adapters(*decoder);
    adapters.load(weights);
    adapters.merge();
    return decoder;
  }
  const int64_t vocabulary =
      weights::Safetensors(weights).at("model.embed_tokens.weight").shape.at(0);
  const auto decoder = std::make_shared<model::Decoder>(on_cpu, vocabulary, at::kCPU);
  model::load_weights(*decoder, weights);
  return decoder;
}

pretrained::NextToken open(const config::RunConfig& config, const std::filesystem::path& weights) {
  const auto decoder = decoder_of(config, weights);
  return [decoder](std::span<const int32_t> ids) {
    const at::NoGradGuard no_grad;
    pretrained::check_ids(ids, decoder->vocabulary());
    const auto T = static_cast<int64_t>(ids.size());
    const at::Tensor ids_1T = at::empty({1, T}, at::kLong);
    std::copy(ids.begin(), ids.end(), ids_1T.data_ptr<int64_t>());
    const at::Tensor last = decoder->forward(ids_1T).hidden_NC.narrow(0, T - 1, 1);
    const at::Tensor logits = at::linear(last, decoder->output_weight_VC()).flatten().contiguous();
    const float* begin = logits.const_data_ptr<float>();
    return std::vector<float>(begin, begin + logits.numel());
  };
}

const Registration<pretrained::RunLogits> registration{
    {.name = "decoder", .help = "the final weights of a run", .open = open}};

}  // namespace

}  // namespace sinkmoe::run
