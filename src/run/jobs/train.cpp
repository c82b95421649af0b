// The training body behind the queue's interface: a job in, rows and checkpoints out.
#include <ATen/Parallel.h>

#include <algorithm>

#include "core/registry.h"
#include "data/tasks/tasks.h"
#include "metrics/metrics.h"
#include "queue/job.h"
#include "tensor/device.h"
#include "train/trainer.h"

namespace sinkmoe::run {

namespace {

// Everything process-wide that decides bits: threads, TF32, deterministic kernels.
void prepare_process(const config::RunSection& run) {
  if (run.device == config::Device::cuda) tensor::prepare_cuda(run.mode == config::Mode::exact);
  at::set_num_threads(static_cast<int>(run.threads));
}

train::TrainHooks hooks_of(queue::JobContext& context) {
  return {.metrics = [&](const auto& rows) { context.metrics(rows); },
          .histograms = [&](const auto& rows) { context.histograms(rows); },
          .event = [&](const auto& event) { context.event(event); },
          .checkpoint = [&](int64_t step, const auto& file,
                            bool final) { context.checkpoint(step, file, final); },
          .progress =
              [&](const train::TrainProgress& p) {
                context.progress(
                    {p.step, p.steps, p.loss, p.tokens_per_second, p.imbalance, p.sink_rate});
              },
          .stop_requested = [&] { return context.stop_requested(); }};
}

std::vector<MetricInfo> metrics_of(const config::EvalConfig& eval) {
  std::vector<MetricInfo> infos = metrics::metric_infos(eval);
  for (const data::LossPart& part : data::loss_parts())
    infos.push_back({"eval/loss_" + part.name, "nats", "lower", part.help});
  std::vector<std::string> tasks;
  for (const data::TaskKind& kind : data::selected_tasks(eval)) tasks.push_back(kind.name);
  for (MetricInfo& info : metrics::task_infos(tasks)) infos.push_back(std::move(info));
  return infos;
}

queue::Result run_job(const queue::Job& job, queue::JobContext& context) {
  prepare_process(job.config.run);
  context.describe(metrics_of(job.config.eval));
  data::read_tasks(job.config.eval);  // a damaged file ends the run now, not after training
  const auto source = data::open_source(job.config.data);
  const train::TrainRequest request{job.config, job.folder, job.resume, job.parent_weights};
  const train::TrainResult result = train::train(request, *source, hooks_of(context));
  switch (result.end) {
    case train::TrainResult::End::interrupted:
      return {queue::Outcome::interrupted, result.message};
    case train::TrainResult::End::diverged:
      return {queue::Outcome::diverged, result.message};
    default:
      return {queue::Outcome::done, ""};
  }
}

const Registration<queue::BodyKind> registration{
    {.name = "train", .help = "trains a decoder", .body = run_job}};

}  // namespace

}  // namespace sinkmoe::run
