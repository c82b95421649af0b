// Importances of all layers, differentiable: one pass over the gates each way.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>

namespace sinkmoe::balance {

// Gates [B,H,T], one a layer -> importances [L,H], each as importance_H. Throws
// std::invalid_argument as that does.
at::Tensor importance_LH(std::span<const at::Tensor> gates_BHT);

}  // namespace sinkmoe::balance
