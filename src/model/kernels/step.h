// The operations of a training step that are not matrix products, as fp32 loops over row ranges.
//
// Each function works on rows [begin, end), so that callers can split rows over threads. None
// allocates memory. Letters: N rows (tokens), C channels, K head width. Every array is row-major
// and contiguous unless a stride is given.
#pragma once

#include <cstdint>

namespace sinkmoe::model::kernel {

struct Rows {
  int64_t begin, end;
};

// y = x / rms(x) * w; inverse_N keeps 1 / rms for the backward pass.
void rms_norm(Rows rows, int64_t C, const float* x_NC, const float* w_C, float eps, float* y_NC,
              float* inverse_N);

// dx = residual + d(rms_norm)/dx; residual may be null. Adds to dw_C.
void rms_norm_backward(Rows rows, int64_t C, const float* dy_NC, const float* x_NC,
                       const float* w_C, const float* inverse_N, const float* residual_NC,
                       float* dx_NC, float* dw_C);

// Rotates pairs (i, i + K/2) of each head in place: the half-split form. x has `heads` heads of
// width K at the start of each row of `stride` floats; the row's position is row % T. sign -1
// rotates back (the backward pass).
void rotate(Rows rows, int64_t T, int64_t heads, int64_t K, int64_t stride, const float* cos_TK2,
            const float* sin_TK2, float sign, float* x);

// GELU, tanh form: a = 0.5 h (1 + tanh(sqrt(2/pi) (h + 0.044715 h^3))). h is overwritten by da/dh:
// this costs little here, where the exponential is known, and leaves one product for the backward
// pass, in which da becomes dh in place.
void gelu(int64_t begin, int64_t end, float* h_slope, float* a);
void gelu_backward(int64_t begin, int64_t end, const float* slope, float* da_dh);
// relu(h)^2
void relu2(int64_t begin, int64_t end, const float* h, float* a);
void relu2_backward(int64_t begin, int64_t end, const float* h, float* da_dh);
// a = silu(gate) * up, with h rows [gate | up] of 2F floats; backward writes dh rows [dgate | dup].
void swiglu(Rows rows, int64_t F, const float* h, float* a);
void swiglu_backward(Rows rows, int64_t F, const float* h, const float* da, float* dh);

// Cross-entropy of rows of logits: loss_N[row] = -log softmax[target]. If scale != 0 the logits
// become scale * (softmax - onehot), the gradient of scale * sum(loss).
void cross_entropy(Rows rows, int64_t V, float* logits_NV, const int64_t* target_N, float scale,
                   float* loss_N);

}  // namespace sinkmoe::model::kernel
