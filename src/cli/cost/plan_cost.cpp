#include "cli/cost/plan_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "config/compose/canonical.h"
#include "core/text/duration.h"
#include "queue/machine.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

// The runs of the database that this machine has made without a break.
std::vector<plan::MeasuredRun> measured_runs(const store::Reader& reader,
                                             plan::CostTable& cost_of) {
  std::vector<plan::MeasuredRun> runs;
  if (reader.drills()) return runs;
  const Table table = reader.query(R"sql(
SELECT r.config, a.device, a.processor, (a.ended_us - a.started_us) * 1e-6
FROM attempt a JOIN run r ON r.id = a.run
WHERE a.outcome = 'done' AND a.start_step = 0 AND r.status = 'done'
ORDER BY a.started_us DESC LIMIT 2000)sql");
  const std::string cpu = queue::processor_text(), gpu = queue::gpu_name();
  for (const auto& row : table.rows) {
    if (to_text(row[2]) != (to_text(row[1]) == "cuda" ? gpu : cpu)) continue;
    try {
      const config::RunConfig config = config::parse_canonical(to_text(row[0]), "a stored run");
      runs.push_back({config, cost_of(config), std::get<double>(row[3])});
    } catch (const Error&) {  // of a later version, or its data is not here
    }
  }
  return runs;
}

// What the sum of the estimates is based on.
std::string basis_of(const std::vector<plan::TimeEstimate>& times, double gflops) {
  int64_t same = 0, scaled = 0;
  for (const plan::TimeEstimate& time : times)
    if (time.runs > 0) ++(time.same_shape ? same : scaled);
  if (same + scaled == 0)
    return fmt::format("at {:g} GFLOP/s, a guess: no run that this machine made is stored", gflops);
  if (scaled == 0) return "as runs of these shapes took on this machine";
  return same == 0 ? "by runs of other shapes on this machine, scaled by FLOPs"
                   : fmt::format(
                         "as runs of the same shape took on this machine; {} of {} scaled by FLOPs",
                         scaled, times.size());
}

}  // namespace

std::vector<plan::TimeEstimate> estimate_times(const std::filesystem::path& db,
                                               const plan::Plan& plan,
                                               const std::vector<plan::Cost>& costs,
                                               plan::CostTable& cost_of, const Speed& speed) {
  std::vector<plan::MeasuredRun> measured;
  try {
    if (!speed.given && std::filesystem::exists(db))
      measured = measured_runs(store::Reader(db), cost_of);
  } catch (const Error&) {  // a plan needs no database
  }
  std::vector<plan::MeasuredRun> of_cpu, of_gpu;
  for (const plan::MeasuredRun& run : measured)
    (run.config.run.device == config::Device::cuda ? of_gpu : of_cpu).push_back(run);
  const plan::Timings on_cpu(of_cpu, speed.flops),
      on_gpu(of_gpu, speed.given ? speed.flops : plan::kGpuPeakFlops * plan::kGpuShare);
  std::vector<plan::TimeEstimate> times;
  for (size_t i = 0; i < plan.runs.size(); ++i) {
    const config::RunConfig& config = plan.runs[i].config;
    times.push_back(
        (config.run.device == config::Device::cuda ? on_gpu : on_cpu)(config, costs[i]));
  }
  return times;
}

void print_time(const plan::Plan& plan, const std::vector<plan::TimeEstimate>& times,
                const Speed& speed) {
  const double gflops = speed.flops * 1e-9;
  double cpu = 0, gpu = 0;
  std::vector<plan::TimeEstimate> of_cpu;
  bool measured_gpu = false;
  int64_t threads = 1;
  for (size_t i = 0; i < times.size(); ++i) {
    const config::RunSection& run = plan.runs[i].config.run;
    const bool cuda = run.device == config::Device::cuda;
    (cuda ? gpu : cpu) += times[i].seconds;
    measured_gpu = measured_gpu || (cuda && times[i].runs > 0);
    if (!cuda) of_cpu.push_back(times[i]);
    threads = std::max(threads, run.threads * run.ranks);
  }
  if (!of_cpu.empty()) {
    const int64_t workers = std::clamp<int64_t>(queue::usable_cores() / threads, 1,
                                                static_cast<int64_t>(of_cpu.size()));
    std::cout << fmt::format("about {} for one worker", rough_time(cpu));
    if (workers > 1)
      std::cout << fmt::format(", {} for {}", rough_time(cpu / static_cast<double>(workers)),
                               workers);
    std::cout << fmt::format(
        ", evaluations included ({})\n",
        speed.given ? fmt::format("at {:g} GFLOP/s", gflops) : basis_of(of_cpu, gflops));
  }
  if (gpu == 0) return;
  std::cout << fmt::format("about {} on one GPU", rough_time(gpu));
  if (measured_gpu)
    std::cout << " (measured on runs of this machine)";
  else if (speed.given)
    std::cout << fmt::format(" at {:.3g} TFLOP/s", gflops / 1e3);
  else
    std::cout << fmt::format(" (assumed, not measured: {:.0f}% of {:.0f} TFLOP/s, an H100 in bf16)",
                             100 * plan::kGpuShare, plan::kGpuPeakFlops / 1e12);
  std::cout << "\n";
}

}  // namespace sinkmoe::cli
