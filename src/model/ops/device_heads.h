// Queries, keys and values on a GPU: one product, rotated in place by a kernel (model/cuda/), one
// buffer of gradients on the way back.
#pragma once

#include "model/ops/ops.h"

namespace sinkmoe::model {

// Rotates the first `heads` heads of width K of rows y [N, F] (fp32 or bf16, last stride 1) in
// place; sign -1 turns back.
using RotateRows = void (*)(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K,
                            const RotaryTable& rotary, double sign);

// The kernel announces itself here.
void set_cuda_rotation(RotateRows rotate);
// The kernel that fits x and the rotary table, or null.
RotateRows rotation_for(const at::Tensor& x, const RotaryTable& rotary);

// As project_heads of ops.h, with rotary positions by `rotate`.
HeadsQKV project_heads_by(RotateRows rotate, const at::Tensor& x_BTC, const at::Tensor& w,
                          int64_t H, int64_t J, const RotaryTable& rotary);

}  // namespace sinkmoe::model
