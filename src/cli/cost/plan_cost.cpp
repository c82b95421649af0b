#include "cli/cost/plan_cost.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "config/compose/canonical.h"
#include "core/text/duration.h"
#include "core/text/utf8.h"
#include "queue/machine.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

constexpr const char* kReference = "results/reference.db";

// Runs of a database that were made without a break.
struct Measured {
  std::string processor;  // on a GPU: the GPU
  plan::MeasuredRun run;
};

std::vector<Measured> measured_runs(const std::filesystem::path& db, plan::CostTable& cost_of) {
  std::vector<Measured> runs;
  if (!std::filesystem::exists(db)) return runs;
  try {
    const store::Reader reader(db);
    if (reader.drills()) return runs;
    const Table table = reader.query(R"sql(
SELECT r.config, a.processor, (a.ended_us - a.started_us) * 1e-6
FROM attempt a JOIN run r ON r.id = a.run
WHERE a.outcome = 'done' AND a.start_step = 0 AND r.status = 'done'
ORDER BY a.started_us DESC LIMIT 2000)sql");
    for (const auto& row : table.rows) try {
        const config::RunConfig config = config::parse_canonical(to_text(row[0]), "a stored run");
        runs.push_back({to_text(row[1]), {config, cost_of(config), std::get<double>(row[2])}});
      } catch (const Error&) {  // of a later version, or its data is not here
      }
  } catch (const Error&) {  // a plan needs no database
  }
  return runs;
}

bool on_gpu(const plan::MeasuredRun& run) { return run.config.run.device == config::Device::cuda; }

// Those of one processor, or of one GPU.
std::vector<plan::MeasuredRun> made_on(const std::vector<Measured>& all, const std::string& what,
                                       bool gpu) {
  std::vector<plan::MeasuredRun> runs;
  for (const Measured& m : all)
    if (m.processor == what && on_gpu(m.run) == gpu) runs.push_back(m.run);
  return runs;
}

// The runs of the reference database on this type of processor, else on the one that was used last.
std::vector<plan::MeasuredRun> reference_runs(plan::CostTable& cost_of, PlanTimes& times) {
  const std::vector<Measured> all = measured_runs(kReference, cost_of);
  const std::string own = queue::processor_text();
  const auto last =
      std::find_if(all.begin(), all.end(), [](const Measured& m) { return !on_gpu(m.run); });
  if (last == all.end()) return {};
  std::vector<plan::MeasuredRun> runs = made_on(all, own, false);
  times.same_processor = !runs.empty();
  times.reference = times.same_processor ? own : last->processor;
  return times.same_processor ? runs : made_on(all, last->processor, false);
}

bool has(const plan::Plan& plan, config::Device device) {
  return std::any_of(plan.runs.begin(), plan.runs.end(),
                     [&](const plan::RunSpec& run) { return run.config.run.device == device; });
}

// What the sum of the estimates is based on.
std::string basis_of(const std::vector<plan::TimeEstimate>& cpu, const PlanTimes& times,
                     const Speed& speed) {
  const double gflops = speed.flops * 1e-9;
  if (speed.given) return fmt::format("at {:g} GFLOP/s", gflops);
  if (!times.reference.empty())
    return fmt::format("no run of this machine is stored; as runs took on {}{}, in {}",
                       times.same_processor ? "a processor of its type, " : "another processor, ",
                       printable(times.reference), kReference);
  int64_t same = 0, scaled = 0;
  for (const plan::TimeEstimate& time : cpu)
    if (time.runs > 0) ++(time.same_shape ? same : scaled);
  if (same + scaled == 0)
    return fmt::format("at {:g} GFLOP/s, a guess: no run that this machine made is stored", gflops);
  if (scaled == 0) return "as runs of these shapes took on this machine";
  return same == 0 ? "by runs of other shapes on this machine, scaled by FLOPs"
                   : fmt::format(
                         "as runs of the same shape took on this machine; {} of {} scaled by FLOPs",
                         scaled, cpu.size());
}

// "25 min", or "4 to 15 min" where runs of another machine are taken.
std::string span_of(const std::vector<plan::TimeEstimate>& cpu, double workers, bool range) {
  plan::TimeEstimate sum;
  for (const plan::TimeEstimate& time : cpu) {
    sum.seconds += time.seconds / workers;
    sum.low += time.low / workers;
    sum.high += time.high / workers;
  }
  const std::string low = rough_time(sum.low), high = rough_time(sum.high);
  return !range ? rough_time(sum.seconds) : low == high ? low : low + " to " + high;
}

}  // namespace

PlanTimes estimate_times(const std::filesystem::path& db, const plan::Plan& plan,
                         plan::CostTable& cost_of, const Speed& speed) {
  PlanTimes times;
  std::vector<plan::MeasuredRun> of_cpu, of_gpu;
  if (!speed.given) {
    const std::vector<Measured> own = measured_runs(db, cost_of);
    of_cpu = made_on(own, queue::processor_text(), false);
    of_gpu = made_on(own, queue::gpu_name(), true);
    if (of_cpu.empty() && has(plan, config::Device::cpu)) of_cpu = reference_runs(cost_of, times);
  }
  const plan::Timings on_cpu(of_cpu, speed.flops),
      on_gpu(of_gpu, speed.given ? speed.flops : plan::kGpuPeakFlops * speed.gpu_share);
  for (const plan::RunSpec& run : plan.runs)
    times.runs.push_back((run.config.run.device == config::Device::cuda ? on_gpu : on_cpu)(
        run.config, cost_of(run.config)));
  return times;
}

void print_time(const plan::Plan& plan, const PlanTimes& times, const Speed& speed) {
  double gpu = 0;
  std::vector<plan::TimeEstimate> of_cpu;
  bool measured_gpu = false;
  int64_t threads = 1;
  for (size_t i = 0; i < times.runs.size(); ++i) {
    const config::RunSection& run = plan.runs[i].config.run;
    if (run.device == config::Device::cuda) {
      gpu += times.runs[i].seconds;
      measured_gpu = measured_gpu || times.runs[i].runs > 0;
    } else {
      of_cpu.push_back(times.runs[i]);
    }
    threads = std::max(threads, run.threads * run.ranks);
  }
  if (!of_cpu.empty()) {
    const int64_t workers = std::clamp<int64_t>(queue::usable_cores() / threads, 1,
                                                static_cast<int64_t>(of_cpu.size()));
    const bool range = !times.reference.empty();
    std::cout << fmt::format("about {} for one worker", span_of(of_cpu, 1, range));
    if (workers > 1)
      std::cout << fmt::format(", {} for {}", span_of(of_cpu, static_cast<double>(workers), range),
                               workers);
    std::cout << fmt::format(", evaluations included ({})\n", basis_of(of_cpu, times, speed));
  }
  if (gpu == 0) return;
  std::cout << fmt::format("about {} on one GPU", rough_time(gpu));
  if (measured_gpu)
    std::cout << " (measured on runs of this machine)";
  else if (speed.given)
    std::cout << fmt::format(" at {:.3g} TFLOP/s", speed.flops / 1e12);
  else
    std::cout << fmt::format(
        " (assumed, not measured: {:.0f}% of {:.0f} TFLOP/s, an H100 in bf16; --share gives another)",
        100 * speed.gpu_share, plan::kGpuPeakFlops / 1e12);
  std::cout << "\n";
}

}  // namespace sinkmoe::cli
