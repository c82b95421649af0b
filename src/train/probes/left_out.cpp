#include "train/probes/left_out.h"

#include <ATen/ATen.h>

#include "core/random.h"

namespace sinkmoe::train {

namespace {

// [B]: key position of each row of a part.
at::Tensor positions_B(const ProbeSample::Part& part, bool first) {
  const int64_t B = part.batch.ids_BT.size(0), T = part.batch.ids_BT.size(1);
  at::Tensor position = at::zeros({B}, at::kLong);
  for (int64_t b = 0; b < B && !first; ++b) position[b] = control_position(part.first_row + b, T);
  return position;
}

// [B,1,T,1] of 0 and 1: 1 at the position of each row.
at::Tensor at_position(const at::Tensor& position_B, int64_t T, const at::TensorOptions& options) {
  return (at::arange(T).view({1, 1, T, 1}) == position_B.view({-1, 1, 1, 1})).to(options);
}

// [B,H,1,K], unit vectors.
at::Tensor random_directions(const ProbeSample::Part& part, int64_t layer,
                             const at::Tensor& like_BHTK) {
  const int64_t B = like_BHTK.size(0), H = like_BHTK.size(1), K = like_BHTK.size(3);
  at::Tensor direction = at::empty({B, H, 1, K}, at::kDouble);
  double* next = direction.data_ptr<double>();
  for (int64_t b = 0; b < B; ++b)
    for (int64_t h = 0; h < H; ++h) {
      Draw draw(0, "probe/direction", static_cast<uint64_t>(layer),
                static_cast<uint64_t>((part.first_row + b) * H + h));
      for (int64_t k = 0; k < K; ++k) *next++ = draw.normal();
    }
  return (direction / direction.square().sum(-1, true).sqrt()).to(like_BHTK.options());
}

}  // namespace

int64_t control_position(int64_t row, int64_t T) {
  Draw draw(0, "probe/value", 0, static_cast<uint64_t>(row));
  return 1 + static_cast<int64_t>(draw.below(static_cast<uint64_t>(T - 1)));
}

double loss_without_value(const model::Decoder& model, const ProbeSample& sample, bool first) {
  model::ValueEdit edit;
  return sample.loss(model, [&](const ProbeSample::Part& part) -> model::ForwardOptions {
    const at::Tensor position_B = positions_B(part, first);
    edit = [position_B](int64_t, const at::Tensor& v) {
      return v * (1 - at_position(position_B, v.size(2), v.options()));
    };
    return {.edit_values = &edit};
  });
}

at::Tensor outputs_without(LeftOut part, const model::Decoder& model, const ProbeSample::Part& rows,
                           int64_t layer, const attention::HeadIn& in,
                           const attention::HeadOut& out) {
  const int64_t T = in.q_BHTK.size(2);
  const at::Tensor position_B = positions_B(rows, part != LeftOut::control_term);
  attention::HeadIn alone = in;  // heads are linear in the values
  alone.v_BJTK = in.v_BJTK * at_position(position_B, T, in.v_BJTK.options());
  at::Tensor term = model.mixer(layer).mix(alone).out_BHTK;
  if (part == LeftOut::direction)
    term = term.to(at::kFloat).square().sum(-1, true).sqrt().to(term.scalar_type()) *
           random_directions(rows, layer, term);
  const at::Tensor after = at::arange(T).view({1, 1, T, 1}) > position_B.view({-1, 1, 1, 1});
  return out.out_BHTK - term * after.to(term.options());
}

double loss_without(LeftOut part, const model::Decoder& model, const ProbeSample& sample) {
  model::OutputEdit edit;
  return sample.loss(model, [&](const ProbeSample::Part& rows) -> model::ForwardOptions {
    edit = [&model, &rows, part](int64_t layer, const attention::HeadIn& in,
                                 const attention::HeadOut& out) {
      return outputs_without(part, model, rows, layer, in, out);
    };
    return {.edit_outputs = &edit};
  });
}

}  // namespace sinkmoe::train
