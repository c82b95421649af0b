// The logits of the next token by a pretrained model whose layers all stay in memory.
#include "pretrained/next_token.h"

#include <ATen/ATen.h>

#include <memory>

#include "core/registry.h"
#include "inference/load_tensor.h"
#include "inference/stream.h"
#include "pretrained/finite.h"

namespace sinkmoe::inference {

namespace {

class HeldModel {
 public:
  explicit HeldModel(const pretrained::Model& model)
      : model_(model),
        norm_(load_norm(model, model.architecture.final_norm)),
        output_VC_(load_tensor(model.weights, model.architecture.unembedding.weight)),
        bias_V_(load_tensor(model.weights, model.architecture.unembedding.bias)) {
    // Only the rows of ids in use are read below.
    const pretrained::FiniteCheck require_finite(model);
    for (const auto* ref : {&model.architecture.embedding, &model.architecture.positions})
      if (ref->exists()) require_finite.whole(ref->name);
    for (size_t l = 0; l < model.architecture.layers.size(); ++l)
      layers_.push_back(std::make_unique<LoadedLayer>(model, static_cast<int64_t>(l)));
  }

  std::vector<float> operator()(std::span<const int32_t> ids) const {
    const at::NoGradGuard no_grad;
    pretrained::check_ids(ids, model_.architecture.vocabulary);
    const auto T = static_cast<int64_t>(ids.size());
    const at::Tensor ids_1T = at::empty({1, T}, at::kLong);
    std::copy(ids.begin(), ids.end(), ids_1T.data_ptr<int64_t>());
    at::Tensor x_1TC = embeddings(model_, ids_1T);
    const std::vector<model::RotaryTable> tables = rotary_tables(model_.architecture, T);
    for (size_t l = 0; l < layers_.size(); ++l) {
      Mixed mixed;
      x_1TC = layers_[l]->forward(x_1TC, rotary_of(model_.architecture, tables, l), mixed);
    }
    const at::Tensor last = apply_norm(model_.architecture, norm_, x_1TC.select(1, T - 1));
    at::Tensor logits = at::linear(last, output_VC_, bias_V_).flatten().contiguous();
    const float* begin = logits.const_data_ptr<float>();
    return {begin, begin + logits.numel()};
  }

 private:
  const pretrained::Model& model_;
  LoadedNorm norm_;
  at::Tensor output_VC_, bias_V_;
  std::vector<std::unique_ptr<LoadedLayer>> layers_;
};

pretrained::NextToken open(const pretrained::Model& model) {
  const auto held = std::make_shared<HeldModel>(model);
  return [held](std::span<const int32_t> ids) { return (*held)(ids); };
}

const Registration<pretrained::FolderLogits> registration{
    {.name = "layers", .help = "a pretrained model", .open = open}};

}  // namespace

}  // namespace sinkmoe::inference
