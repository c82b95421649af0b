#include "attention/passes.h"

namespace sinkmoe::passes {
namespace {

const Passes*& cuda_passes() {
  static const Passes* passes = nullptr;  // a function's static: set before main, in any order
  return passes;
}

}  // namespace

void set_cuda(const Passes* passes) { cuda_passes() = passes; }

const Passes& passes_for(const at::Tensor& q) {
  const at::ScalarType type = q.scalar_type();
  if (q.is_cpu() && (type == at::kFloat || type == at::kDouble)) return cpu(type);
  if (q.is_cuda() && cuda_passes() && type != at::kDouble) return *cuda_passes();
  return plain();
}

}  // namespace sinkmoe::passes
