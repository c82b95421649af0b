// The heaviest operations of a training step by themselves, forward and backward, beside what they
// replace: stock LibTorch ops and explicit attention. `scripts/bench.sh --ops` runs it.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include <cmath>
#include <functional>
#include <string>

#include "attention/softmax_attention.h"
#include "balance/balance.h"
#include "core/registry.h"
#include "model/ops/ops.h"
#include "tensor/params.h"
#include "train/update/optimizer.h"

namespace {

using at::Tensor;
using sinkmoe::attention::SinkMode;
using Bench = benchmark::State;

// The three models of the whole-step benchmark.
struct Size {
  std::string name;
  int64_t B, T, H, K, V;
  int64_t N() const { return B * T; }
  int64_t C() const { return H * K; }
};
const Size kSizes[] = {
    {"0.1M", 32, 64, 4, 16, 64}, {"1M", 16, 256, 4, 32, 1024}, {"14M", 4, 512, 6, 64, 8192}};

Tensor leaf(at::IntArrayRef shape) { return at::randn(shape).requires_grad_(true); }

void counted(Bench& state, double tokens, double flops) {
  using benchmark::Counter;
  state.counters["tokens/s"] = Counter(tokens, Counter::kIsIterationInvariantRate);
  if (flops > 0) state.counters["FLOP/s"] = Counter(flops, Counter::kIsIterationInvariantRate);
}

// Projection-shaped inputs, as a model hands them to attention: heads beside each other in memory.
struct Qkv {
  Tensor all, q, k, v;
  explicit Qkv(const Size& n) : all(leaf({n.B, n.T, 3, n.H, n.K})) {
    const Tensor heads = all.permute({2, 0, 3, 1, 4});
    q = heads[0], k = heads[1], v = heads[2];
  }
};

// Causal products: two forward, five with recomputation backward, over half of the T x T scores.
double attention_flops(const Size& n) {
  return 7.0 * static_cast<double>(n.B * n.H * n.T * n.T * n.K);
}

using Attention =
    std::function<sinkmoe::attention::AttentionOut(const Qkv&, double scale, attention::SinkMode)>;

void attention(Bench& state, const Size& n, attention::SinkMode mode, bool with_gate,
               const Attention& op) {
  const double scale = 1 / std::sqrt(static_cast<double>(n.K));
  const Qkv x(n);
  const Tensor d_out = at::randn({n.B, n.T, n.H, n.K}).transpose(1, 2);
  const Tensor d_gate = at::randn({n.B, n.H, n.T});
  for (auto _ : state) {
    const auto [out, gate] = op(x, scale, mode);
    if (with_gate) {
      torch::autograd::backward({out, gate}, {d_out, d_gate});
    } else {
      out.backward(d_out);
    }
    x.all.mutable_grad().reset();
  }
  counted(state, static_cast<double>(n.N()), attention_flops(n));
}

const Attention kOurs = [](const Qkv& x, double scale, attention::SinkMode mode) {
  return sinkmoe::attention::softmax_attention(x.q, x.k, x.v, scale, mode);
};
const Attention kExplicit = [](const Qkv& x, double scale, attention::SinkMode mode) {
  return sinkmoe::attention::explicit_attention(x.q, x.k, x.v, scale, mode);
};
const Attention kStock = [](const Qkv& x, double scale, attention::SinkMode) {
  return sinkmoe::attention::AttentionOut{
      at::scaled_dot_product_attention(x.q, x.k, x.v, {}, 0.0, true, scale), {}};
};

// The output projection with its cross-entropy: as one, and as two stock ops.
using Loss = std::function<Tensor(const Tensor&, const Tensor&, const Tensor&)>;
void cross_entropy(Bench& state, const Size& n, const Loss& loss) {
  Tensor h = leaf({n.N(), n.C()}), w = leaf({n.V, n.C()});
  const Tensor target = at::randint(n.V, {n.N()}, at::kLong);
  for (auto _ : state) {
    loss(h, w, target).backward();
    h.mutable_grad().reset();
    w.mutable_grad().reset();
  }
  counted(state, static_cast<double>(n.N()), 6.0 * static_cast<double>(n.N() * n.C() * n.V));
}

using Op = std::function<Tensor(const Tensor&, const Tensor&)>;
// Of one normed or projected activation, with the gradients of both inputs.
void with_weight(Bench& state, const Size& n, Tensor x, Tensor w, const Op& op, double flops) {
  const Tensor d = at::randn_like(op(x, w));
  for (auto _ : state) {
    op(x, w).backward(d);
    x.mutable_grad().reset();
    w.mutable_grad().reset();
  }
  counted(state, static_cast<double>(n.N()), flops);
}

void feed_forward(Bench& state, const Size& n, const Op& op) {
  const int64_t C = n.C();
  with_weight(state, n, leaf({n.B, n.T, C}), leaf({4 * C, C}), op,
              24.0 * static_cast<double>(n.N() * C * C));
}
void norm(Bench& state, const Size& n, const Op& op) {
  with_weight(state, n, leaf({n.B, n.T, n.C()}), leaf({n.C()}), op, 0);
}

void balance(Bench& state, const Size& n) {
  const auto loss = sinkmoe::Registry<sinkmoe::balance::LossKind>::get("cv2").make({});
  std::vector<Tensor> gates;
  for (int layer = 0; layer < 4; ++layer)
    gates.push_back(at::rand({n.B, n.H, n.T}).requires_grad_(true));
  for (auto _ : state) {
    (*loss)({gates, {}}).backward();
    for (Tensor& gate : gates) gate.mutable_grad().reset();
  }
  counted(state, static_cast<double>(n.N()), 0);
}

void adamw(Bench& state, const Size& n) {
  sinkmoe::tensor::ParamSet params;
  for (int i = 0; i < 12; ++i)
    params.add(
        {.name = std::to_string(i), .shape = {n.C(), 4 * n.C()}, .value = 0.02, .decay = true});
  params.materialise(0, at::kCPU);
  params.flat_grad().normal_();
  sinkmoe::train::Optimizer optimizer(params, {});
  int64_t step = 0;
  for (auto _ : state) optimizer.step(step++, 1e-3, optimizer.gradient_norm());
  state.counters["params/s"] = benchmark::Counter(static_cast<double>(params.count()),
                                                  benchmark::Counter::kIsIterationInvariantRate);
}

// [N, C] x [C, 4C]: the rate that everything else is held against.
void product(Bench& state, const Size& n) {
  const Tensor a = at::randn({n.N(), n.C()}), b = at::randn({n.C(), 4 * n.C()});
  Tensor c = at::empty({n.N(), 4 * n.C()});
  for (auto _ : state) at::mm_out(c, a, b);
  counted(state, static_cast<double>(n.N()), 8.0 * static_cast<double>(n.N() * n.C() * n.C()));
}

void add(const std::string& name, const Size& n, std::function<void(Bench&, const Size&)> f) {
  benchmark::RegisterBenchmark((name + "/" + n.name).c_str(), [&n, f = std::move(f)](Bench& state) {
    f(state, n);
  })->Unit(benchmark::kMillisecond);
}

void add_attention(const Size& size) {
  const auto make = [&](const std::string& name, attention::SinkMode mode, bool gate,
                        const Attention& op) {
    add("attention/" + name, size,
        [=](Bench& s, const Size& n) { attention(s, n, mode, gate, op); });
  };
  make("ours", attention::SinkMode::none, false, kOurs);
  make("stock", attention::SinkMode::none, false, kStock);
  make("ours first key", attention::SinkMode::first_key, true, kOurs);
  make("explicit first key", attention::SinkMode::first_key, true, kExplicit);
}

void add_all(const Size& size) {
  add("product", size, product);
  add_attention(size);
  add("cross-entropy/ours", size,
      [](Bench& s, const Size& n) { cross_entropy(s, n, sinkmoe::model::linear_cross_entropy); });
  add("cross-entropy/stock", size, [](Bench& s, const Size& n) {
    cross_entropy(s, n, [](const Tensor& h, const Tensor& w, const Tensor& target) {
      return at::cross_entropy_loss(at::linear(h, w), target);
    });
  });
  add("feed-forward up/ours", size, [](Bench& s, const Size& n) {
    feed_forward(s, n, [](const Tensor& x, const Tensor& w) {
      return sinkmoe::model::feed_forward_up(x, w, sinkmoe::config::Mlp::gelu);
    });
  });
  add("feed-forward up/stock", size, [](Bench& s, const Size& n) {
    feed_forward(
        s, n, [](const Tensor& x, const Tensor& w) { return at::gelu(at::linear(x, w), "tanh"); });
  });
  add("norm/ours", size, [](Bench& s, const Size& n) {
    norm(s, n,
         [](const Tensor& x, const Tensor& w) { return sinkmoe::model::rms_norm(x, w, 1e-5); });
  });
  add("norm/stock", size, [](Bench& s, const Size& n) {
    norm(s, n,
         [](const Tensor& x, const Tensor& w) { return at::rms_norm(x, {x.size(-1)}, w, 1e-5); });
  });
  add("balance loss of 4 layers", size, balance);
  add("norm of the gradient and AdamW", size, adamw);
}

}  // namespace

int main(int argc, char** argv) {
  at::set_num_threads(1);
  at::manual_seed(0);
  for (const Size& size : kSizes) add_all(size);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
