#include "ranks/ranks.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <string>

namespace sinkmoe::ranks {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct MeanOverRanks : Function<MeanOverRanks> {
  static Variable forward(AutogradContext* ctx, const Variable& x, const Share* share) {
    ctx->saved_data["part"] = share->part;
    const at::Tensor sum = (x.to(at::kDouble) * share->part).contiguous();
    share->group->sum(sum);
    return sum.to(x.scalar_type());
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    return {grads[0] * ctx->saved_data["part"].toDouble(), Variable()};
  }
};

}  // namespace

Rows rows_of(const Group* group) { return group ? Rows{group->rank(), group->size()} : Rows{}; }

at::Tensor mean_over_ranks(const at::Tensor& x, const Share& share) {
  return share.group ? MeanOverRanks::apply(x, &share) : x;
}

void require_equal(const at::Tensor& x, Group& group, const char* what) {
  const at::NoGradGuard no_grad;
  // Any difference of bits changes this sum, but for a collision that no rounding produces.
  const at::Tensor bits =
      x.detach().flatten().view(x.scalar_type() == at::kDouble ? at::kLong : at::kInt);
  constexpr int64_t kChunk = 1 << 20;  // the sum needs memory for one chunk only
  const at::Tensor place =
      at::arange(std::min(kChunk, bits.numel()), at::kLong).remainder(8191) + 1;
  const at::Tensor all = at::zeros({group.size()}, at::kLong);
  for (int64_t from = 0; from < bits.numel(); from += kChunk) {
    const int64_t n = std::min(kChunk, bits.numel() - from);
    all[group.rank()] += (bits.narrow(0, from, n) * place.narrow(0, 0, n)).sum();
  }
  group.sum(all);
  for (int64_t rank = 1; rank < group.size(); ++rank)
    if (all[rank].item<int64_t>() != all[0].item<int64_t>())
      throw std::runtime_error(std::string(what) + " of rank " + std::to_string(rank) +
                               " differ from those of rank 0: use processors of one type, and one "
                               "number of threads, for all ranks");
}

}  // namespace sinkmoe::ranks
