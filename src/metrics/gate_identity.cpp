#include "metrics/gate_identity.h"

#include <ATen/ATen.h>

namespace sinkmoe::metrics {

double gate_identity_error(const attention::HeadIn& in, const attention::HeadOut& out,
                           const attention::HeadMixer& mixer) {
  const at::NoGradGuard no_grad;
  const int64_t T = in.q_BHTK.size(2);
  if (T < 2) return 0;
  attention::HeadIn ones = in;
  ones.v_BJTK = at::ones(in.v_BJTK.sizes(), in.v_BJTK.options());
  if (mixer.sink_is_first_key()) ones.v_BJTK.select(2, 0).zero_();
  const at::Tensor passed_BHT = mixer.mix(ones).out_BHTK.to(at::kDouble).mean(-1);
  const at::Tensor error = (passed_BHT - out.gate_BHT.to(at::kDouble)).abs();
  return error.narrow(2, 1, T - 1).max().item<double>();
}

}  // namespace sinkmoe::metrics
