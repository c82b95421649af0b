// The training body behind the queue's interface: a job in, rows and checkpoints out.
#include <ATen/Parallel.h>

#include <algorithm>

#include "tensor/device.h"
#include "core/registry.h"
#include "data/tasks/tasks.h"
#include "metrics/metrics.h"
#include "queue/job.h"
#include "train/trainer.h"

namespace sinkmoe {

namespace {

// Everything process-wide that decides bits: threads, TF32, deterministic kernels.
void prepare_process(const RunSection& run) {
  if (run.device == "cuda") prepare_cuda(run.mode == "exact");
  at::set_num_threads(static_cast<int>(run.threads));
}

TrainHooks hooks_of(JobContext& context) {
  return {.metrics = [&](const auto& rows) { context.metrics(rows); },
          .histograms = [&](const auto& rows) { context.histograms(rows); },
          .event = [&](const auto& event) { context.event(event); },
          .checkpoint = [&](int64_t step, const auto& file,
                            bool final) { context.checkpoint(step, file, final); },
          .progress =
              [&](const TrainProgress& p) {
                context.progress(
                    {p.step, p.steps, p.loss, p.tokens_per_second, p.imbalance, p.sink_rate});
              },
          .stop_requested = [&] { return context.stop_requested(); }};
}

std::vector<MetricInfo> metrics_of(const EvalConfig& eval) {
  std::vector<MetricInfo> infos = metric_infos(eval);
  std::vector<std::string> tasks;
  for (const TaskKind& kind : selected_tasks(eval)) tasks.push_back(kind.name);
  for (MetricInfo& info : task_infos(tasks)) infos.push_back(std::move(info));
  return infos;
}

Result run_job(const Job& job, JobContext& context) {
  prepare_process(job.config.run);
  context.describe(metrics_of(job.config.eval));
  read_tasks(job.config.eval);  // a damaged file ends the run now, not after training
  const auto source = open_source(job.config.data);
  const TrainRequest request{job.config, job.folder, job.resume, job.parent_weights};
  const TrainResult result = train(request, *source, hooks_of(context));
  switch (result.end) {
    case TrainResult::End::interrupted:
      return {Outcome::interrupted, result.message};
    case TrainResult::End::diverged:
      return {Outcome::diverged, result.message};
    default:
      return {Outcome::done, ""};
  }
}

const Registration<BodyKind> registration{
    {.name = "train", .help = "trains a decoder", .body = run_job}};

}  // namespace

}  // namespace sinkmoe
