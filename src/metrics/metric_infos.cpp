#include "core/registry.h"
#include "metrics/metrics.h"
#include "metrics/probe_infos.h"
#include "metrics/summary.h"

namespace sinkmoe::metrics {

namespace {

const std::vector<MetricInfo>& common_infos() {
  static const std::vector<MetricInfo> infos = {
      {"eval/loss", "nats", "lower", "cross-entropy per predicted validation token"},
      {"eval/perplexity", "1", "lower", "exp of eval/loss"},
      {"eval/bpb", "bits/byte", "lower", "validation loss per byte of text; compares vocabularies"},
      {"eval/accuracy", "1", "higher",
       "share of answers whose most probable token is right (recall, needle)"},
      {"eval/floor", "nats", "lower", "loss of a perfect model of the synthetic source"},
      {"eval/imbalance", "1", "lower", "mean over layers of the CV of head importance (E14)"},
      {"eval/max_layer_cv", "1", "lower", "largest CV of head importance among the layers (E13)"},
      {"eval/sink_rate", "percent", "",
       "heads whose mean weight on the first token exceeds eval.sink_threshold (E21)"},
      {"eval/sink_rate_rows", "percent", "",
       "the same with the threshold applied in each row, mean over rows and heads"},
      {"eval/sink_rate_10", "percent", "", "the same with the threshold 0.1"},
      {"eval/sink_rate_20", "percent", "", "the same with the threshold 0.2"},
      {"eval/sink_rate_50", "percent", "", "the same with the threshold 0.5"},
      {"eval/sink_rate_80", "percent", "", "the same with the threshold 0.8"},
      {"eval/max_first_weight", "1", "", "largest mean weight of a head on the first token"},
      {"eval/gate_mean", "1", "", "mean importance over all heads"},
      {"layer/cv", "1", "lower", "CV of head importance in a layer, population deviation (E13)"},
      {"head/importance", "1", "", "mean gate of a head, row position 0 left out (E12)"},
      {"head/first_weight", "1", "", "mean attention weight of a head on the first token (E20)"},
      {"head/value_ratio", "1", "",
       "norm of the first token's value over the median of the others (C2)"},
      {"head/out_norm", "1", "", "mean norm of a head's output over the layer's mean (E23)"},
      {"head/gate_q10", "1", "", "10% quantile of a head's gate"},
      {"head/gate_q50", "1", "", "median of a head's gate"},
      {"head/gate_q90", "1", "", "90% quantile of a head's gate"},
      {"file/loss", "nats", "lower",
       "loss on one held-out file; the head column holds the number of the file"},
      {"file/bpb", "bits/byte", "lower", "the same per byte of its text"},
      {"file/tokens", "tokens", "", "predicted tokens of the file that were read"},
      {"model/parameters", "1", "", "numbers of the model, adapters not counted"},
      {"model/trained", "1", "",
       "numbers that training changes: all, all but frozen ones, adapters"},
      {"train/loss", "nats", "lower", "training loss of a step, without the balance loss"},
      {"train/aux_loss", "1", "", "balance loss of a step, without its weight"},
      {"train/grad_norm", "1", "", "gradient norm before clipping"},
      {"train/lr", "1", "", "learning rate of a step"},
      {"train/tokens_per_s", "tokens/s", "higher", "training speed since the last row"}};
  return infos;
}

void append(std::vector<MetricInfo>& to, const std::vector<MetricInfo>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

const std::vector<MetricInfo>& metric_infos() {
  static const std::vector<MetricInfo> infos = metric_infos({.probes = config::Probes::full});
  return infos;
}

std::vector<MetricInfo> task_infos(const std::vector<std::string>& tasks) {
  if (tasks.empty()) return {};
  std::vector<MetricInfo> infos = {
      {"task/mean", "1", "higher", "mean accuracy over the zero-shot tasks of the run"},
      {"task/mean_chance", "1", "", "mean chance level over the zero-shot tasks of the run"}};
  for (const std::string& task : tasks) {
    const std::string name = "task/" + task;
    infos.push_back({name, "1", "higher", "zero-shot accuracy by the sum of log-probabilities"});
    infos.push_back({name + "_byte", "1", "higher", "the same by log-probability per byte"});
    infos.push_back({name + "_se", "1", "", "binomial standard error of the accuracy"});
    infos.push_back({name + "_chance", "1", "", "accuracy of guessing"});
    infos.push_back({name + "_n", "1", "", "questions scored"});
    infos.push_back({name + "_truncated", "1", "", "questions cut from the left to the context"});
    infos.push_back(
        {name + "_too_long", "1", "", "questions with an answer longer than the context"});
  }
  return infos;
}

std::vector<MetricInfo> metric_infos(const config::EvalConfig& eval) {
  std::vector<MetricInfo> infos = common_infos();
  for (const auto& [name, summary] : Registry<SummaryKind>::all())
    infos.push_back({name, summary.unit, summary.better, summary.help});
  if (eval.probes != config::Probes::none) append(infos, left_out_infos());
  if (eval.probes == config::Probes::full) append(infos, probe_infos());
  return infos;
}

}  // namespace sinkmoe::metrics
