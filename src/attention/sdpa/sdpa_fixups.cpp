#include "attention/sdpa/sdpa_fixups.h"

namespace sinkmoe::attention::fixups {
namespace {

const Passes*& cuda_passes() {
  static const Passes* passes = nullptr;  // a function's static: set before main, in any order
  return passes;
}

}  // namespace

void set_cuda(const Passes* passes) { cuda_passes() = passes; }

const Passes& passes_for(const at::Tensor& q) {
  return q.is_cuda() && cuda_passes() && q.scalar_type() != at::kDouble ? *cuda_passes() : plain();
}

}  // namespace sinkmoe::attention::fixups
