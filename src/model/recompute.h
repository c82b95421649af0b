// Activation checkpointing (model.recompute = layer): a layer keeps its input only, and the backward
// pass computes the layer again.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <utility>

namespace sinkmoe::model {

// A layer: residual stream [B,T,C] -> the stream after it, and the gates [B,H,T]. It must give the
// same result each time, and outlive the backward pass.
using LayerFunction = std::function<std::pair<at::Tensor, at::Tensor>(const at::Tensor& x_BTC)>;

// layer(x). The gradients, those of the parameters that the layer reads included, have the bits that
// layer(x) itself would give.
std::pair<at::Tensor, at::Tensor> recomputed(const LayerFunction& layer, const at::Tensor& x_BTC);

}  // namespace sinkmoe::model
