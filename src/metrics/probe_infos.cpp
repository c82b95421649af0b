// Lists the metrics of eval.probes = "full".
#include "metrics/probe_infos.h"

namespace sinkmoe::metrics {

namespace {

struct Criterion {
  const char *name, *text;
};

constexpr Criterion kCriteria[] = {{"importance", "ascending mean gate (E12)"},
                                   {"out_norm", "ascending output norm (E23)"},
                                   {"gradient", "ascending gradient importance (E24)"},
                                   {"random", "random order, mean of 8 fixed orders"}};

void add_curves(std::vector<MetricInfo>& infos) {
  for (const auto& [name, text] : kCriteria) {
    const std::string order(text);
    infos.push_back({std::string("ablate/") + name, "nats", "lower",
                     "loss with as many heads zeroed as the head column says, in " + order});
    infos.push_back(
        {std::string("probe/free_share_") + name, "1", "",
         "largest share of heads zeroed at a loss increase of at most 0.01 nats, in " + order});
    infos.push_back({std::string("probe/loss_quarter_") + name, "nats", "",
                     "loss increase with a quarter of the heads zeroed, in " + order});
  }
  infos.push_back({"ablate/random_low", "nats", "", "smallest loss among the 8 random orders"});
  infos.push_back({"ablate/random_high", "nats", "", "largest loss among the 8 random orders"});
}

}  // namespace

const std::vector<MetricInfo>& probe_infos() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> all = {
        {"head/first_write", "1", "", "part of a head's output that token 0's value writes (C2)"},
        {"head/contribution", "1", "", "mean norm of what a head writes through W_O (C9)"},
        {"head/ablation", "nats", "", "loss increase when this head alone is zeroed (C9)"},
        {"head/gradient", "1", "", "gradient importance, normalised per layer (E24)"},
        {"head/out_rank", "1", "", "effective rank of a head's outputs (C9)"},
        {"head/key_rank", "1", "", "effective rank of a head's keys (C11)"},
        {"head/cos_query_first", "1", "", "mean cosine of queries to the first key (C11)"},
        {"head/cos_key_first", "1", "", "mean cosine of keys to the first key (C11)"},
        {"layer/residual_kurtosis", "1", "lower", "kurtosis of the residual stream after a layer"},
        {"layer/output_kurtosis", "1", "lower", "kurtosis of what a layer adds to the stream"},
        {"layer/max_activation", "1", "lower", "largest number in the residual stream"},
        {"probe/identity_error", "1", "lower",
         "largest difference between gate and share of the values passed on (C1)"},
        {"probe/zero_first_value", "nats", "",
         "loss increase when token 0's value is zeroed in every layer and head (C2)"},
        {"probe/zero_random_value", "nats", "",
         "loss increase when the value of one random other token a row is zeroed (C2)"},
        {"probe/cv_importance", "1", "lower", "mean over layers of the CV of head/importance (C9)"},
        {"probe/cv_contribution", "1", "lower",
         "mean over layers of the CV of head/contribution (C9)"},
        {"probe/cv_ablation", "1", "lower",
         "mean over layers of the CV of head/ablation, at least 0 (C9)"},
        {"probe/cv_ablation_model", "1", "lower",
         "CV of head/ablation over all heads of the model, at least 0 (C9)"},
        {"probe/ablation_total", "nats", "", "sum of head/ablation over the model, at least 0"},
        {"probe/out_rank", "1", "", "mean of head/out_rank"},
        {"probe/key_rank", "1", "", "mean of head/key_rank"},
        {"probe/cos_query_first", "1", "", "mean of head/cos_query_first"},
        {"probe/cos_key_first", "1", "", "mean of head/cos_key_first"},
        {"probe/max_activation", "1", "lower", "largest of layer/max_activation"},
        {"probe/residual_kurtosis", "1", "lower", "mean of layer/residual_kurtosis"},
        {"probe/int8_loss", "nats", "lower",
         "loss increase after 8-bit rounding of matrices and of what enters them"}};
    add_curves(all);
    return all;
  }();
  return infos;
}

}  // namespace sinkmoe::metrics
