#include "train/eval/evaluate.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "tensor/host_read.h"
#include "train/data/batch.h"
#include "train/eval/answers.h"

namespace sinkmoe::train {

namespace {

// Sums of the losses of one evaluation, in double and in row order.
struct LossSums {
  std::vector<double> part_sum;
  std::vector<int64_t> part_count;
  double sum = 0;
  int64_t count = 0, bytes = 0;
  bool text = true;
  std::vector<metrics::FileLoss> files;
};

// The row belongs to the file of this number; -1: to none.
void add_row(LossSums& sums, const data::DataSource& source, int64_t file_number,
             std::span<const int32_t> row, const float* loss_T) {
  const size_t T = row.size() - 1;
  std::vector<uint8_t> part(T, 0);
  if (sums.part_sum.size() > 1) source.parts_of(row, part);
  for (size_t t = 0; t < T; ++t) {
    sums.sum += loss_T[t];
    sums.part_sum[part[t]] += loss_T[t];
    ++sums.part_count[part[t]];
  }
  sums.count += static_cast<int64_t>(T);
  const auto bytes = source.target_bytes(row);
  sums.text = sums.text && bytes.has_value();
  sums.bytes += bytes.value_or(0);
  if (file_number < 0) return;
  const auto number = static_cast<size_t>(file_number);
  if (sums.files.size() <= number) sums.files.resize(number + 1);
  metrics::FileLoss& file = sums.files[number];
  for (size_t t = 0; t < T; ++t) file.nats += loss_T[t];
  file.tokens += static_cast<int64_t>(T);
  file.bytes += bytes.value_or(0);
}

// Adds the sums of all ranks. Sizes are equal on all: every rank counts the files of all rows.
void sum_over(LossSums& sums, ranks::Group& group) {
  std::vector<double> all = {sums.sum, static_cast<double>(sums.count),
                             static_cast<double>(sums.bytes), sums.text ? 0.0 : 1.0};
  for (size_t i = 0; i < sums.part_sum.size(); ++i) {
    all.push_back(sums.part_sum[i]);
    all.push_back(static_cast<double>(sums.part_count[i]));
  }
  for (const metrics::FileLoss& file : sums.files)
    for (const double x :
         {file.nats, static_cast<double>(file.tokens), static_cast<double>(file.bytes)})
      all.push_back(x);
  group.sum(at::from_blob(all.data(), {static_cast<int64_t>(all.size())}, at::kDouble));
  size_t at = 0;
  const auto real = [&] { return all[at++]; };
  const auto whole = [&] { return std::llround(all[at++]); };
  sums.sum = real();
  sums.count = whole();
  sums.bytes = whole();
  sums.text = real() == 0;
  for (size_t i = 0; i < sums.part_sum.size(); ++i) {
    sums.part_sum[i] = real();
    sums.part_count[i] = whole();
  }
  for (metrics::FileLoss& file : sums.files) {
    file.nats = real();
    file.tokens = whole();
    file.bytes = whole();
  }
}

metrics::EvaluationResult to_result(const LossSums& sums, const data::DataSource& source) {
  metrics::EvaluationResult result;
  result.loss = sums.sum / static_cast<double>(sums.count);
  if (sums.text && sums.bytes > 0)
    result.bits_per_byte = sums.sum / std::numbers::ln2 / static_cast<double>(sums.bytes);
  const std::vector<std::string> names = source.parts();
  for (size_t i = 0; i < names.size() && names.size() > 1; ++i)
    if (sums.part_count[i] > 0)
      result.parts.emplace_back(names[i],
                                sums.part_sum[i] / static_cast<double>(sums.part_count[i]));
  result.floor = source.floor_nats();
  result.files = sums.files;
  return result;
}

// Losses that are still on the device, with the rows that they belong to.
struct Waiting {
  std::vector<int32_t> rows;
  int64_t first_row;
  at::Tensor loss_N;
};

constexpr int64_t kMostWaiting = int64_t{1} << 22;  // tokens

}  // namespace

Evaluated evaluate(const model::Decoder& model, const data::DataSource& source, int64_t tokens,
                   at::Device device, ranks::Group* group) {
  const at::NoGradGuard no_grad;
  const config::RunConfig& config = model.config();
  const int64_t T = config.data.context, width = T + 1;
  const int64_t rows = std::clamp<int64_t>(tokens / T, 1, evaluation_rows(source, config));
  const int64_t per_batch = std::max<int64_t>(1, std::min(config.train.batch, rows));
  Evaluated out{{}, metrics::HeadStatistics(config.model.layers, config.model.heads)};
  const model::HeadProbe probe = [&](int64_t layer, const attention::HeadIn& in,
                                     const attention::HeadOut& mixed) {
    out.heads.add(layer, in, mixed);
  };
  const size_t parts = std::max<size_t>(1, source.parts().size());
  LossSums sums{std::vector<double>(parts, 0), std::vector<int64_t>(parts, 0)};
  AnswerAccuracy answers(source);
  const ranks::Rows own = ranks::rows_of(group);
  if (group)
    for (int64_t row = 0; row < rows; ++row)
      sums.files.resize(std::max(sums.files.size(),
                                 static_cast<size_t>(source.file_of(config.eval.split, row) + 1)));
  std::vector<Waiting> waiting;
  int64_t tokens_waiting = 0;
  // Reads what is waiting, and at the end everything else, with one wait.
  const auto take = [&](bool last) {
    tensor::HostRead host;
    for (Waiting& w : waiting) w.loss_N = host.add(w.loss_N);
    if (last) answers.read(host);
    if (last) out.heads.read(host);
    host.wait();
    for (const Waiting& w : waiting)
      for (int64_t b = 0; b < w.loss_N.size(0) / T; ++b)
        add_row(sums, source, source.file_of(config.eval.split, w.first_row + b * own.ranks),
                std::span<const int32_t>(w.rows).subspan(static_cast<size_t>(b * width),
                                                         static_cast<size_t>(width)),
                w.loss_N.data_ptr<float>() + b * T);
    waiting.clear();
    tokens_waiting = 0;
  };
  for (int64_t from = 0; from < rows; from += per_batch) {
    const int64_t asked = std::min(per_batch, rows - from), B = own.count(from, asked);
    if (B == 0) continue;
    Batch batch = evaluation_batch(source, config, from, asked, device, own);
    const model::DecoderOut forward = model.forward(batch.ids_BT, {.probe = &probe});
    const bool narrow = forward.hidden_NC.scalar_type() == at::kBFloat16;
    const tensor::Bf16Weights bf16(narrow ? &model.params() : nullptr);
    const at::Tensor loss_N =
        model::token_losses(forward.hidden_NC, model.output_weight_VC(), batch.target_N);
    answers.add(forward.hidden_NC, model.output_weight_VC(), batch);
    waiting.push_back({std::move(batch.rows), own.first(from), loss_N});
    tokens_waiting += B * T;
    if (tokens_waiting >= kMostWaiting) take(false);
  }
  take(true);
  if (group) {
    sum_over(sums, *group);
    answers.sum_over(*group);
    out.heads.sum_over(*group);
  }
  out.result = to_result(sums, source);
  out.result.accuracy = answers.value();
  return out;
}

}  // namespace sinkmoe::train
