// Projections, feed-forward and embedding, fused fp32 CPU forms: matrix products from ATen,
// the rest from step_loops.
#include <algorithm>
#include <optional>
#include <vector>

#include "model/ops/device_heads.h"
#include "model/ops/ops_fused.h"
#include "tensor/params.h"

namespace sinkmoe::model {

namespace {

// True when no one but the caller's list holds the tensor or a view of its memory.
bool is_ours(const at::Tensor& x, size_t views) {
  return x.use_count() == 1 && x.storage().use_count() == views;
}

// The buffer [N, all K] itself where dq, dk, dv are its three parts, as the attention op on
// a CPU makes them.
std::optional<at::Tensor> joined_heads(const variable_list& grads,
                                       const std::vector<int64_t>& heads, int64_t B, int64_t T,
                                       int64_t K, int64_t all) {
  const float* next = grads[0].defined() ? grads[0].const_data_ptr<float>() : nullptr;
  for (size_t i = 0; i < heads.size(); ++i) {
    const at::Tensor& g = grads[i];
    if (!g.defined() || !is_ours(g, heads.size()) || g.const_data_ptr<float>() != next ||
        g.strides() != at::IntArrayRef{T * all * K, K, all * K, 1})
      return {};
    next += heads[i] * K;
  }
  return grads[0].as_strided({B * T, all * K}, {all * K, 1});
}

// dq, dk, dv, each [B,heads,T,K] in any layout, as one [N, (H + 2J) K] buffer that
// may be written to.
at::Tensor gather_heads(const variable_list& grads, const std::vector<int64_t>& heads, int64_t B,
                        int64_t T, int64_t K, const at::TensorOptions& options) {
  int64_t all = 0;
  for (int64_t h : heads) all += h;
  if (auto joined = joined_heads(grads, heads, B, T, K, all)) return *joined;
  at::Tensor out = at::empty({B, T, all, K}, options);
  int64_t at_head = 0;
  for (size_t i = 0; i < heads.size(); ++i) {
    at::Tensor slot = out.narrow(2, at_head, heads[i]);
    grads[i].defined() ? slot.copy_(grads[i].transpose(1, 2)) : slot.zero_();
    at_head += heads[i];
  }
  return out.view({B * T, all * K});
}

struct ProjectHeads : Function<ProjectHeads> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                               int64_t H, int64_t J, const std::optional<at::Tensor>& cosine,
                               const std::optional<at::Tensor>& sine) {
    const int64_t B = x.size(0), T = x.size(1), all = H + 2 * J, K = w.size(0) / all;
    at::Tensor y = at::mm(x.view({B * T, x.size(2)}), w.t());
    if (cosine)
      over_rows(B * T, [&](step_kernel::Rows r) {
        step_kernel::rotate(r, T, H + J, K, all * K, data(*cosine), data(*sine), 1.0f, data(y));
      });
    ctx->save_for_backward({x, w, cosine.value_or(at::Tensor()), sine.value_or(at::Tensor())});
    ctx->saved_data["H"] = H;
    ctx->saved_data["J"] = J;
    ctx->set_materialize_grads(false);
    const at::Tensor heads = y.view({B, T, all, K}).transpose(1, 2);
    return {heads.narrow(1, 0, H), heads.narrow(1, H, J), heads.narrow(1, H + J, J)};
  }
  static variable_list backward(AutogradContext* ctx, variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const int64_t H = ctx->saved_data["H"].toInt(), J = ctx->saved_data["J"].toInt();
    const int64_t B = x.size(0), T = x.size(1), K = w.size(0) / (H + 2 * J);
    const at::Tensor dy = gather_heads(grads, {H, J, J}, B, T, K, x.options());
    if (saved[2].defined())
      over_rows(B * T, [&](step_kernel::Rows r) {
        step_kernel::rotate(r, T, H + J, K, (H + 2 * J) * K, data(saved[2]), data(saved[3]), -1.0f,
                            data(dy));
      });
    const at::Tensor x_NC = x.view({B * T, x.size(2)});
    return {at::mm(dy, w).view_as(x),
            at::mm(dy.t(), x_NC),
            Variable(),
            Variable(),
            Variable(),
            Variable()};
  }
};

// GELU leaves its slope in h, for activate_backward.
void activate(const std::string& kind, const at::Tensor& h, const at::Tensor& a) {
  const int64_t F = a.size(-1);
  if (kind == "swiglu")
    return over_rows(a.numel() / F,
                     [&](step_kernel::Rows r) { step_kernel::swiglu(r, F, data(h), data(a)); });
  at::parallel_for(0, a.numel(), kElementGrain, [&](int64_t b, int64_t e) {
    kind == "gelu" ? step_kernel::gelu(b, e, data(h), data(a))
                   : step_kernel::relu2(b, e, data(h), data(a));
  });
}

// da becomes dh (in place where it has the same shape).
at::Tensor activate_backward(const std::string& kind, const at::Tensor& h, const at::Tensor& da) {
  const int64_t F = da.size(-1);
  if (kind == "swiglu") {
    at::Tensor dh = at::empty_like(h);
    over_rows(da.numel() / F, [&](step_kernel::Rows r) {
      step_kernel::swiglu_backward(r, F, data(h), data(da), data(dh));
    });
    return dh;
  }
  at::Tensor dh = da;
  const auto pass = kind == "gelu" ? step_kernel::gelu_backward : step_kernel::relu2_backward;
  at::parallel_for(0, dh.numel(), kElementGrain,
                   [&](int64_t b, int64_t e) { pass(b, e, data(h), data(dh)); });
  return dh;
}

struct FeedForwardUp : Function<FeedForwardUp> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                          const std::string& kind) {
    const int64_t C = x.size(-1), N = x.numel() / C,
                  F = kind == "swiglu" ? w.size(0) / 2 : w.size(0);
    const at::Tensor h = at::mm(x.view({N, C}), w.t());
    at::Tensor a = at::empty({x.size(0), x.size(1), F}, x.options());
    activate(kind, h, a);
    ctx->save_for_backward({x, w, h});
    ctx->saved_data["kind"] = kind;
    return a;
  }
  // The list is taken by reference: a copy of it would look like a second owner of the gradient.
  static variable_list backward(AutogradContext* ctx, variable_list& grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1], &h = saved[2];
    const int64_t C = x.size(-1), N = x.numel() / C;
    at::Tensor da = std::move(grads[0]);
    if (!is_ours(da, 1) || !da.is_contiguous())
      da = da.clone(at::MemoryFormat::Contiguous);  // someone else reads it
    const at::Tensor dh =
        activate_backward(ctx->saved_data["kind"].toStringRef(), h, da.view({N, -1}));
    return {at::mm(dh, w).view_as(x), at::mm(dh.t(), x.view({N, C})), Variable()};
  }
};

struct AddLinear : Function<AddLinear> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& residual, const at::Tensor& x,
                          const at::Tensor& w) {
    const int64_t C = x.size(-1), N = x.numel() / C;
    ctx->save_for_backward({x, w});
    return at::addmm(residual.view({N, w.size(0)}), x.view({N, C}), w.t()).view_as(residual);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const int64_t C = x.size(-1), N = x.numel() / C;
    const at::Tensor dy = grads[0].contiguous().view({N, w.size(0)});
    return {grads[0], at::mm(dy, w).view_as(x), at::mm(dy.t(), x.view({N, C}))};
  }
};

struct Embed : Function<Embed> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& w, const at::Tensor& ids) {
    ctx->save_for_backward({ids});
    ctx->saved_data["V"] = w.size(0);
    return at::embedding(w, ids);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const at::Tensor ids = ctx->get_saved_variables()[0].contiguous(), dy = grads[0].contiguous();
    const int64_t C = dy.size(-1), N = ids.numel();
    at::Tensor dw = at::zeros({ctx->saved_data["V"].toInt(), C}, dy.options());
    const int64_t* id = ids.data_ptr<int64_t>();
    for (int64_t n = 0; n < N; ++n) {
      float* row = data(dw) + id[n] * C;
      const float* d = data(dy) + n * C;
      for (int64_t c = 0; c < C; ++c) row[c] += d[c];
    }
    return {dw, Variable()};
  }
};

}  // namespace

HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w, int64_t H, int64_t J,
                       const RotaryTable& rotary) {
  if (const RotateRows rotate = rotation_for(x_BTC, rotary))
    return project_heads_by(rotate, x_BTC, w, H, J, rotary);
  if (!fused(x_BTC)) return plain::project_heads(x_BTC, w, H, J, rotary);
  std::optional<at::Tensor> cosine, sine;
  if (rotary.cos_TK2.defined()) cosine = rotary.cos_TK2, sine = rotary.sin_TK2;
  variable_list out = ProjectHeads::apply(x_BTC.contiguous(), w, H, J, cosine, sine);
  return {out[0], out[1], out[2]};
}

at::Tensor rotate_heads(const at::Tensor& x_BHTK, const RotaryTable& rotary) {
  return plain::rotate_heads(x_BHTK, rotary);
}

at::Tensor linear(const at::Tensor& x, const at::Tensor& w) {
  return at::linear(x, tensor::weight_as(w, x.scalar_type()));
}

at::Tensor add_linear(const at::Tensor& residual, const at::Tensor& x, const at::Tensor& w) {
  return fused(x) ? AddLinear::apply(residual.contiguous(), x.contiguous(), w)
                  : residual + model::linear(x, w);
}

at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_up,
                           const std::string& kind) {
  return fused(x_BTC) ? FeedForwardUp::apply(x_BTC.contiguous(), w_up, kind)
                      : plain::feed_forward_up(x_BTC, w_up, kind);
}

at::Tensor embed(const at::Tensor& w_VC, const at::Tensor& ids_BT) {
  return fused(w_VC) ? Embed::apply(w_VC, ids_BT) : at::embedding(w_VC, ids_BT);
}

}  // namespace sinkmoe::model
