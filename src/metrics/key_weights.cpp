#include "metrics/key_weights.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

namespace sinkmoe::metrics {

// The output is the sum over keys of weight times value, so the gradient of the summed output by a
// key's value is the weight that this key receives. With all values 1, the output itself is the mass
// on keys times the gate (attention/mixer.h); dividing by it takes the gate out again.
at::Tensor received_BHT(const attention::HeadIn& in, const attention::HeadOut& out,
                        const attention::HeadMixer& mixer) {
  const at::AutoGradMode with_gradient(true);
  const int64_t group = in.q_BHTK.size(1) / in.v_BJTK.size(1);
  attention::HeadIn ones = in;
  ones.v_BJTK = at::ones(in.v_BJTK.sizes(), in.v_BJTK.options()).requires_grad_();
  const at::Tensor passed_BHTK = mixer.mix(ones).out_BHTK;
  const at::Tensor passed_BHT = passed_BHTK.detach().select(3, 0);
  const at::Tensor& mass_BHT = out.key_mass.mass_BHT;
  const at::Tensor scale_BHT =
      (mass_BHT.defined() ? mass_BHT.detach() : at::ones_like(passed_BHT)) /
      passed_BHT.clamp_min(1e-30);
  std::vector<at::Tensor> by_member;  // query heads h with the same h % group read different keys
  for (int64_t member = 0; member < group; ++member) {
    at::Tensor seed_BHTK = at::zeros_like(passed_BHTK);
    const at::indexing::Slice heads(member, at::indexing::None, group), all;
    seed_BHTK.index_put_({all, heads, all, 0}, scale_BHT.index({all, heads, all}));
    const auto gradient = torch::autograd::grad({passed_BHTK}, {ones.v_BJTK}, {seed_BHTK},
                                                /*retain_graph=*/member + 1 < group);
    by_member.push_back(gradient[0].select(3, 0));
  }
  return at::stack(by_member, 2).flatten(1, 2);
}

KeyWeights::KeyWeights(int64_t layers, int64_t heads) : layers_(static_cast<size_t>(layers)) {
  for (Sums& s : layers_) s.largest_H = at::zeros({heads}, at::kDouble);
}

void KeyWeights::add(int64_t layer, const attention::HeadIn& in, const attention::HeadOut& out,
                     const attention::HeadMixer& mixer) {
  Sums& s = layers_.at(static_cast<size_t>(layer));
  const int64_t T = in.q_BHTK.size(2), half = T / 2;
  const at::Tensor received = received_BHT(in, out, mixer).detach().to(at::kCPU, at::kDouble);
  const at::Tensor queries_P = T - at::arange(1, half + 1, at::kDouble);
  const at::Tensor mean_BHP = received.narrow(2, 1, half) / queries_P;
  const at::Tensor sum_HP = mean_BHP.sum(0);
  s.weight_HP = s.weight_HP.defined() ? s.weight_HP + sum_HP : sum_HP;
  s.largest_H += mean_BHP.amax(2).sum(0);
  s.rows += static_cast<double>(in.q_BHTK.size(0));
}

at::Tensor KeyWeights::largest_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.weight_HP.amax(1) / s.rows);
  return at::stack(rows);
}

at::Tensor KeyWeights::position_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.weight_HP.argmax(1).to(at::kDouble) + 1);
  return at::stack(rows);
}

at::Tensor KeyWeights::largest_of_row_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.largest_H / s.rows);
  return at::stack(rows);
}

}  // namespace sinkmoe::metrics
