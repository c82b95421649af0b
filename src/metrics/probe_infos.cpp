// Lists the metrics of eval.probes = "terms" and "full".
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

// Curves on the sample of the ablations, and what summarises them.
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

// Against random heads, and what single heads are worth.
void add_worth(std::vector<MetricInfo>& infos) {
  for (const char* criterion : {"importance", "out_norm", "gradient"}) {
    const std::string name(criterion);
    infos.push_back({"ablate/rise_" + name, "nats", "lower",
                     "loss increase with as many heads zeroed as the head column says, lowest " +
                         name + " first, on the tokens of ablate/rise_random"});
    infos.push_back({"probe/area_" + name, "nats", "lower",
                     "mean over k = 1..LH/2 zeroed heads of ablate/rise_" + name +
                         " minus ablate/rise_random (C5)"});
  }
  for (const char* criterion : {"importance", "out_norm", "contribution"}) {
    const std::string name(criterion);
    infos.push_back(
        {"probe/rank_" + name, "1", "higher",
         "rank correlation of head/" + name + " with head/ablation, heads of the model"});
    infos.push_back({"layer/rank_" + name, "1", "higher", "the same over the heads of a layer"});
  }
}

}  // namespace

const std::vector<MetricInfo>& left_out_infos() {
  static const std::vector<MetricInfo> infos = {
      {"probe/drop_first_term", "nats", "",
       "loss increase without token 0's term A v(0) in the outputs of later queries (E4)"},
      {"probe/drop_random_term", "nats", "",
       "the same without the term of one random other key of each row"},
      {"probe/drop_random_direction", "nats", "",
       "the same without a random vector as long as token 0's term"},
      {"probe/zero_first_value", "nats", "",
       "loss increase when token 0's value is zeroed in every layer and head (C2)"},
      {"probe/zero_random_value", "nats", "",
       "loss increase when the value of one random other token a row is zeroed (C2)"}};
  return infos;
}

const std::vector<MetricInfo>& probe_infos() {
  static const std::vector<MetricInfo> infos = [] {
    std::vector<MetricInfo> all = {
        {"head/first_write", "1", "", "part of a head's output that token 0's value writes (C2)"},
        {"head/contribution", "1", "", "mean norm of what a head writes through W_O (C9)"},
        {"head/ablation", "nats", "", "loss increase when this head alone is zeroed (C9)"},
        {"head/gradient", "1", "", "gradient importance, normalised per layer (E24)"},
        {"head/gradient_apart", "1", "",
         "gradient importance on other rows than those of the rises (E24)"},
        {"head/second_weight", "1", "",
         "largest mean attention weight on a key position of 1..T/2 (secondary sink)"},
        {"head/second_position", "1", "", "the position of head/second_weight"},
        {"head/second_weight_row", "1", "",
         "the same with the position chosen in each row, mean over rows"},
        {"layer/ablation", "nats", "", "loss increase when all heads of the layer are zeroed"},
        {"layer/worth", "nats", "", "sum of head/ablation over the layer, each at least 0"},
        {"layer/useful_heads", "1", "", "heads worth more than 0.001 nats alone"},
        {"ablate/rise_random", "nats", "",
         "loss increase with as many random heads zeroed as the head column says (C5)"},
        {"ablate/rise_random_sd", "nats", "", "its deviation over the sets of heads"},
        {"probe/area_tokens", "tokens", "", "predicted tokens on which rises are measured"},
        {"probe/useful_heads", "1", "", "heads of the model worth more than 0.001 nats alone"},
        {"probe/useful_share_min", "1", "",
         "share of heads worth more than 0.001 nats, in the layer with the fewest"},
        {"probe/second_weight", "1", "", "largest head/second_weight of the model"},
        {"probe/second_weight_row", "1", "", "largest head/second_weight_row of the model"},
        {"head/out_rank", "1", "", "effective rank of a head's outputs (C9)"},
        {"head/key_rank", "1", "", "effective rank of a head's keys (C11)"},
        {"head/cos_query_first", "1", "", "mean cosine of queries to the first key (C11)"},
        {"head/cos_key_first", "1", "", "mean cosine of keys to the first key (C11)"},
        {"layer/residual_kurtosis", "1", "lower", "kurtosis of the residual stream after a layer"},
        {"layer/output_kurtosis", "1", "lower", "kurtosis of what a layer adds to the stream"},
        {"layer/max_activation", "1", "lower", "largest number in the residual stream"},
        {"probe/identity_error", "1", "lower",
         "largest difference between gate and share of the values passed on (C1)"},
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
    add_worth(all);
    return all;
  }();
  return infos;
}

}  // namespace sinkmoe::metrics
