// Causal attention in which a query sees only the last keys before it. Inference only.
#pragma once

#include <ATen/core/Tensor.h>

#include "attention/mixer.h"

namespace sinkmoe::inference {

// Like softmax_attention, but query t sees keys t - window + 1 .. t. sink_H: learned sink logits,
// or undefined. Without them the gate is 1 - weight on key 0, which is 1 if key 0 is outside the
// window. Scores exist for a block of queries at a time.
attention::HeadOut windowed_attention(const attention::HeadIn& in, int64_t window,
                                      const at::Tensor& sink_H = {});

}  // namespace sinkmoe::inference
