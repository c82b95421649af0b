// What a model loses without parts of what its heads read: the value of a token, or the term that one
// key adds to the output of a head (E4).
#pragma once

#include "train/probes/probe_sample.h"

namespace sinkmoe::train {

// Key position 1..T-1 that stands beside token 0 as a control in row `row`; the same in every run.
int64_t control_position(int64_t row, int64_t T);

// Loss with the value of token 0 (first), or of the control position of each row, zeroed in every
// layer and head. This also changes the stream of that token itself, and so what later layers read
// there.
double loss_without_value(const model::Decoder& model, const ProbeSample& sample, bool first);

// Each of these leaves out, in every layer and head, a part of the output o_t of the queries after a
// key j; the stream of token j itself is not touched directly.
enum class LeftOut {
  first_term,    // j = 0: A_{t,0} v_0, the term that E4 drops, times the gate if it multiplies
  control_term,  // j = control position: A_{t,j} v_j
  direction,  // j = 0: a vector as long as A_{t,0} v_0, in a random direction that each row, layer
              // and head draws; the same in every run
};
double loss_without(LeftOut part, const model::Decoder& model, const ProbeSample& sample);
// The outputs [B,H,T,K] of a layer's heads without it, on these rows.
at::Tensor outputs_without(LeftOut part, const model::Decoder& model, const ProbeSample::Part& rows,
                           int64_t layer, const attention::HeadIn& in,
                           const attention::HeadOut& out);

}  // namespace sinkmoe::train
