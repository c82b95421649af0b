#include "cli/cost/plan_memory.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "cli/table_output.h"
#include "plan/memory/memory.h"
#include "plan/timing.h"

namespace sinkmoe::cli {

namespace {

using config::Recompute;
using config::Shard;

std::string gigabytes(double bytes) {
  return bytes < 1e8 ? fmt::format("{:.1f} MB", bytes * 1e-6)
                     : fmt::format("{:.1f} GB", bytes * 1e-9);
}

// A model of the plan, and the runs that train it.
struct Size {
  const config::RunConfig* config;
  const plan::Cost* cost;
  int64_t runs = 0;
};

std::string model_name(const Size& size) {
  const config::RunConfig& c = *size.config;
  return fmt::format("{} x {}, {}", c.model.layers, c.model.width, c.attention.kind);
}

// Models of other sizes or batches need other memory; seeds and weights do not matter.
std::vector<Size> sizes_of(const plan::Plan& plan, const std::vector<plan::Cost>& costs) {
  std::vector<Size> sizes;
  for (size_t i = 0; i < plan.runs.size(); ++i) {
    const config::RunConfig& c = plan.runs[i].config;
    const auto same = std::find_if(sizes.begin(), sizes.end(), [&](const Size& s) {
      return model_name(s) == model_name({&c, &costs[i]}) &&
             s.cost->parameters == costs[i].parameters && s.config->train.batch == c.train.batch &&
             s.config->train.micro_batches == c.train.micro_batches &&
             s.config->data.context == c.data.context && s.cost->flops == costs[i].flops &&
             s.config->run.ranks == c.run.ranks;
    });
    if (same == sizes.end())
      sizes.push_back({&c, &costs[i], 1});
    else
      ++same->runs;
  }
  return sizes;
}

}  // namespace

void print_memory(const plan::Plan& plan, const std::vector<plan::Cost>& costs,
                  plan::CostTable& cost_of, double share) {
  const std::vector<Size> sizes = sizes_of(plan, costs);
  Table parts{{"layers x width", "ranks", "weights", "gradients", "moments", "activations",
               "logits", "total"},
              {}};
  Table choices{
      {"layers x width", "nothing", "sharded", "recomputed", "both", "checkpoint", "final weights"},
      {}};
  Table hours{{"layers x width", "runs", "hours each"}, {}};
  for (const Size& size : sizes) {
    const config::RunConfig& c = *size.config;
    const auto memory = [&](Shard shard, Recompute recompute) {
      return plan::estimate_memory(c, cost_of.vocabulary(c), *size.cost,
                                   {c.run.ranks, shard, recompute});
    };
    const plan::Memory own = memory(c.run.shard, c.model.recompute);
    parts.rows.push_back({model_name(size), c.run.ranks, gigabytes(own.weights),
                          gigabytes(own.gradients), gigabytes(own.moments),
                          gigabytes(own.activations), gigabytes(own.logits),
                          gigabytes(own.total())});
    choices.rows.push_back({model_name(size),
                            gigabytes(memory(Shard::none, Recompute::none).total()),
                            gigabytes(memory(Shard::optimizer, Recompute::none).total()),
                            gigabytes(memory(Shard::none, Recompute::layer).total()),
                            gigabytes(memory(Shard::optimizer, Recompute::layer).total()),
                            gigabytes(plan::checkpoint_bytes(*size.cost)),
                            gigabytes(plan::weights_bytes(*size.cost))});
    const double seconds = plan::work_of(c, *size.cost) /
                           (plan::kGpuPeakFlops * share * static_cast<double>(c.run.ranks));
    hours.rows.push_back({model_name(size), size.runs, fmt::format("{:.1f}", seconds / 3600)});
  }
  std::cout << "\nmemory of each rank, as configured\n";
  write_table(std::cout, parts, TableFormat::text);
  std::cout << "\nmemory of each rank by run.shard and model.recompute, and sizes of files\n";
  write_table(std::cout, choices, TableFormat::text);
  if (plan.runs.empty() || plan.runs[0].config.run.device != config::Device::cuda) return;
  std::cout << fmt::format(
      "\nhours on as many H100 as there are ranks, at {:.0f}% of {:.0f} TFLOP/s (assumed, not measured)\n",
      100 * share, plan::kGpuPeakFlops / 1e12);
  write_table(std::cout, hours, TableFormat::text);
}

}  // namespace sinkmoe::cli
