// The job "train": connects training to the queue.
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/headeronly/version.h>

#include <algorithm>

#include "core/registry.h"
#include "data/tasks/tasks.h"
#include "metrics/metrics.h"
#include "queue/job.h"
#include "queue/rank_place.h"
#include "run/ranks.h"
#include "tensor/device.h"
#include "train/trainer.h"

namespace sinkmoe::run {

namespace {

// Sets everything process-wide that affects bits: threads, TF32, deterministic kernels.
void prepare_process(const config::RunSection& run) {
  if (run.device == config::Device::cuda) tensor::prepare_cuda(run.mode == config::Mode::exact);
  at::set_num_threads(static_cast<int>(run.threads));
}

std::vector<MetricInfo> metrics_of(const config::EvalConfig& eval) {
  std::vector<MetricInfo> infos = metrics::metric_infos(eval);
  for (const data::LossPart& part : data::loss_parts())
    infos.emplace_back("eval/loss_" + part.name, "nats", "lower", part.help);
  std::vector<std::string> tasks;
  for (const data::TaskKind& kind : data::selected_tasks(eval)) tasks.push_back(kind.name);
  for (MetricInfo& info : metrics::task_infos(tasks)) infos.push_back(std::move(info));
  return infos;
}

// Trains in one process, or on one rank of several. Opens the data of the run, checks that they are those of the plan, and trains. A damaged file
// ends the run now, not after training.
RunEnd train_here(const config::Job& job, RunReporter& reporter, const Connect& connect) {
  prepare_process(job.config.run);
  reporter.describe(metrics_of(job.config.eval));
  const data::TaskSet tasks = data::open_tasks(job.config);
  const auto source = data::open_source(job.config.data);
  if (!job.data.empty())
    data::require_same_data(job.data, data::opened_contents(job.config, *source, tasks.identity),
                            job.config);
  return train::train(job, *source, reporter, tasks, connect ? &connect() : nullptr);
}

RunEnd run_job(const config::Job& job, RunReporter& reporter) {
  const auto place = queue::place_from_environment();
  const int64_t ranks = place ? place->size : job.config.run.ranks;
  if (ranks == 1) return train_here(job, reporter, {});
  if (job.config.run.device == config::Device::cuda)
    throw Error("a run on several ranks computes on CPUs only, so far", "run.ranks",
                "use run.ranks = 1 with run.device = cuda");
  return lead(job, reporter, place, train_here);
}

int take_part_in_run(int64_t parent) { return take_part(parent, train_here); }

void dismiss_others() {
  if (const auto place = queue::place_from_environment()) dismiss(*place);
}

// "Intel(R) oneAPI Math Kernel Library Version 2024.2-Product Build 20240605 for ..." is cut at "for".
std::string libraries() {
  std::string mkl = at::get_mkl_version();
  mkl = mkl.substr(0, mkl.find('\n'));
  mkl = mkl.substr(0, mkl.find(" for "));
  return std::string("LibTorch ") + TORCH_VERSION + " (" + at::get_cpu_capability() + "), " + mkl;
}

const Registration<queue::JobKind> registration{
    {.name = "train",
     .help = "trains a decoder",
     .run = run_job,
     .libraries = libraries,
     .ranks = {take_part_in_run, take_part_in_all, dismiss_others}}};

}  // namespace

}  // namespace sinkmoe::run
