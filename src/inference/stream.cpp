#include "inference/stream.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <map>
#include <span>
#include <vector>

#include "core/error.h"
#include "inference/in_parallel.h"
#include "inference/load_tensor.h"

namespace sinkmoe::inference {

using pretrained::Architecture;
using pretrained::Model;

namespace {

constexpr int64_t kTokensAtOnce = 512;       // through a layer, in whole rows
constexpr int64_t kVocabularyAtOnce = 4096;  // rows of the output matrix

int64_t rows_at_once(int64_t T) { return std::max<int64_t>(1, kTokensAtOnce / T); }

void check_ids(const Architecture& a, const at::Tensor& ids) {
  const int64_t low = ids.min().item<int64_t>(), high = ids.max().item<int64_t>();
  if (low < 0 || high >= a.vocabulary)
    throw Error("token " + std::to_string(low < 0 ? low : high) + " is not among the " +
                    std::to_string(a.vocabulary) + " of the model",
                "rows", "the tokens were made for another model");
}

void check_rows(const Architecture& a, const at::Tensor& ids_RT) {
  if (ids_RT.size(1) > a.max_positions)
    throw Error("rows of " + std::to_string(ids_RT.size(1)) + " tokens, the model has " +
                    std::to_string(a.max_positions) + " positions",
                "rows", "give a smaller --context");
  check_ids(a, ids_RT);
}

model::RotaryTable table_of(const pretrained::Rotary& rotary, int64_t T) {
  const auto wide = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor frequency = at::tensor(rotary.frequency, wide);
  const at::Tensor angle = at::outer(at::arange(T, wide), frequency);
  return {(angle.cos() * rotary.amplitude).to(at::kFloat),
          (angle.sin() * rotary.amplitude).to(at::kFloat)};
}

double layer_flops(const Architecture& a, int64_t tokens) {
  return 2.0 * static_cast<double>(active_parameters(a)) * static_cast<double>(tokens);
}

double output_flops(const Architecture& a, int64_t tokens) {
  return 2.0 * static_cast<double>(a.width * a.vocabulary) * static_cast<double>(tokens);
}

void report(const StreamOptions& options, double done) {
  if (options.progress) options.progress(done);
}

}  // namespace

at::Tensor embeddings(const Model& model, const at::Tensor& ids_RT) {
  const Architecture& a = model.architecture;
  const at::Tensor ids = ids_RT.contiguous();
  const std::span<const int64_t> all(ids.const_data_ptr<int64_t>(),
                                     static_cast<size_t>(ids.numel()));
  std::map<int64_t, int64_t> row_of;  // id -> row of `rows`
  for (const int64_t id : all) row_of.emplace(id, static_cast<int64_t>(row_of.size()));
  at::Tensor rows = at::empty({static_cast<int64_t>(row_of.size()), a.width}, at::kFloat);
  for (const auto& [id, row] : row_of)
    rows[row].copy_(load_rows(model.weights, a.embedding, id, 1)[0]);
  const at::Tensor index = at::empty_like(ids);
  std::transform(all.begin(), all.end(), index.data_ptr<int64_t>(),
                 [&](int64_t id) { return row_of.at(id); });
  at::Tensor x = rows.index_select(0, index.flatten()).view({ids.size(0), ids.size(1), a.width});
  if (a.embedding_scale != 1) x.mul_(a.embedding_scale);
  if (a.positions.exists()) x.add_(load_rows(model.weights, a.positions, 0, ids_RT.size(1)));
  return x;
}

std::vector<model::RotaryTable> rotary_tables(const Architecture& a, int64_t T) {
  std::vector<model::RotaryTable> tables;
  for (const pretrained::Rotary& rotary : a.rotary) tables.push_back(table_of(rotary, T));
  return tables;
}

model::RotaryTable rotary_of(const Architecture& a, const std::vector<model::RotaryTable>& tables,
                             size_t layer) {
  const int which = a.layers[layer].rotary;
  return which >= 0 && !tables.empty() ? tables.at(static_cast<size_t>(which))
                                       : model::RotaryTable{};
}

at::Tensor hidden_states(const Model& model, const at::Tensor& ids_RT,
                         const StreamOptions& options) {
  const at::NoGradGuard no_grad;
  const Architecture& a = model.architecture;
  check_rows(a, ids_RT);
  const int64_t R = ids_RT.size(0), T = ids_RT.size(1), step = rows_at_once(T);
  const double share = layer_flops(a, R * T) / (layer_flops(a, R * T) + output_flops(a, R * T));
  const std::vector<model::RotaryTable> tables = rotary_tables(a, T);
  const at::Tensor x_RTC = embeddings(model, ids_RT);
  const auto L = static_cast<int64_t>(a.layers.size());
  const int64_t chunks = (R + step - 1) / step;
  for (int64_t l = 0; l < L; ++l) {
    const LoadedLayer layer(model, l);
    const model::RotaryTable rotary = rotary_of(a, tables, static_cast<size_t>(l));
    in_parallel(chunks, [&](int64_t i) -> std::function<void()> {
      at::Tensor rows = x_RTC.narrow(0, i * step, std::min(step, R - i * step));
      Mixed mixed;
      rows.copy_(layer.forward(rows, rotary, mixed));
      return [&options, l, i, chunks, share, L, mixed = std::move(mixed)] {
        if (options.probe && mixed.in.q_BHTK.defined()) options.probe(l, mixed.in, mixed.out);
        report(options,
               share * static_cast<double>(l * chunks + i + 1) / static_cast<double>(L * chunks));
      };
    });
  }
  return apply_norm(a, load_norm(model, a.final_norm), x_RTC).view({R * T, a.width});
}

at::Tensor token_losses(const Model& model, const at::Tensor& hidden_NC, const at::Tensor& target_N,
                        const StreamOptions& options) {
  const at::NoGradGuard no_grad;
  const Architecture& a = model.architecture;
  check_ids(a, target_N);
  const int64_t N = hidden_NC.size(0);
  const double share = layer_flops(a, N) / (layer_flops(a, N) + output_flops(a, N));
  const at::Tensor bias_V = load_tensor(model.weights, a.unembedding.bias);
  const at::Tensor lse_N = at::full({N}, -INFINITY, at::kFloat), hit_N = at::zeros({N}, at::kFloat);
  for (int64_t v = 0; v < a.vocabulary; v += kVocabularyAtOnce) {
    const int64_t count = std::min(kVocabularyAtOnce, a.vocabulary - v);
    const at::Tensor w = load_rows(model.weights, a.unembedding.weight, v, count);
    in_parallel((N + kTokensAtOnce - 1) / kTokensAtOnce, [&](int64_t i) {
      const int64_t n = i * kTokensAtOnce, m = std::min(kTokensAtOnce, N - n);
      at::Tensor logits = at::mm(hidden_NC.narrow(0, n, m), w.t());
      if (bias_V.defined()) logits.add_(bias_V.narrow(0, v, count));
      const at::Tensor target = target_N.narrow(0, n, m) - v;
      const at::Tensor here = (target >= 0).logical_and(target < count);
      const at::Tensor value = logits.gather(1, target.clamp(0, count - 1).unsqueeze(1)).squeeze(1);
      hit_N.narrow(0, n, m).add_(at::where(here, value, at::zeros_like(value)));
      at::Tensor lse = lse_N.narrow(0, n, m);
      lse.copy_(at::logaddexp(lse, logits.logsumexp(1)));
      return std::function<void()>();
    });
    report(options, share + (1 - share) * static_cast<double>(v + count) /
                                static_cast<double>(a.vocabulary));
  }
  return lse_N - hit_N;
}

Cost stream_cost(const Model& model, int64_t rows, int64_t tokens) {
  const Architecture& a = model.architecture;
  const int64_t N = rows * tokens, chunk = std::min(rows, rows_at_once(tokens)) * tokens;
  const double scores = 2.0 * static_cast<double>(N) * static_cast<double>(tokens) *
                        static_cast<double>(a.heads * a.head_width) *
                        static_cast<double>(a.layers.size());
  const int64_t per_token = 6 * a.width + 4 * a.heads * a.head_width + 2 * a.feed;
  const int64_t read = a.width * std::max(a.feed, a.heads * a.head_width);  // a matrix as stored
  const int64_t threads = std::min<int64_t>(at::get_num_threads(), rows / (chunk / tokens));
  const int64_t layer = largest_layer_bytes(a) + 4 * (read + threads * chunk * per_token);
  const int64_t output = 4 * kVocabularyAtOnce * (a.width * 2 + threads * kTokensAtOnce * 2);
  return {.flops = layer_flops(a, N) + output_flops(a, N) + scores,
          .peak_bytes = 8 * N * a.width + std::max(layer, output)};
}

}  // namespace sinkmoe::inference
