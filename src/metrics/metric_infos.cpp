#include "metrics/metrics.h"

namespace sinkmoe {

const std::vector<MetricInfo>& metric_infos() {
  static const std::vector<MetricInfo> infos = {
      {"eval/loss", "nats", "lower", "cross-entropy per predicted validation token"},
      {"eval/perplexity", "1", "lower", "exp of eval/loss"},
      {"eval/bpb", "bits/byte", "lower", "validation loss per byte of text; compares vocabularies"},
      {"eval/loss_backcopy", "nats", "lower",
       "loss on positions decided by the backcopy rule (E22)"},
      {"eval/loss_chain", "nats", "lower", "loss on positions drawn from the Markov chain (E22)"},
      {"eval/loss_copy", "nats", "lower", "loss on positions decided by a copy rule (multicopy)"},
      {"eval/loss_answer", "nats", "lower", "loss on the answers (recall, needle)"},
      {"eval/loss_filler", "nats", "lower", "loss on what is no answer (recall, needle)"},
      {"eval/accuracy", "1", "higher",
       "share of answers whose most probable token is right (recall, needle)"},
      {"eval/floor", "nats", "lower", "loss of a perfect model of the synthetic source"},
      {"eval/imbalance", "1", "lower", "mean over layers of the CV of head importance (E14)"},
      {"eval/max_layer_cv", "1", "lower", "largest CV of head importance among the layers (E13)"},
      {"eval/sink_rate", "percent", "",
       "heads whose mean weight on the first token exceeds eval.sink_threshold (E21)"},
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
      {"model/parameters", "1", "", "trainable numbers of the model"},
      {"train/loss", "nats", "lower", "training loss of a step, without the balance loss"},
      {"train/aux_loss", "1", "", "balance loss of a step, without its weight"},
      {"train/grad_norm", "1", "", "gradient norm before clipping"},
      {"train/lr", "1", "", "learning rate of a step"},
      {"train/tokens_per_s", "tokens/s", "higher", "training speed since the last row"}};
  return infos;
}

}  // namespace sinkmoe
