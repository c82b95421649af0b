// Made-up results for planned runs: every metric the artifacts ask for, with the shapes that real
// runs have, so that all queries can be tried and all figures looked at before there are runs.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/random.h"
#include "store/store.h"

namespace sinkmoe::report {

class MadeUpRun {
 public:
  MadeUpRun(const store::RunRow& run, const store::RunRow* parent) : run_(run), parent_(parent) {
    layers_ = whole("model.layers", 2);
    heads_ = whole("model.heads", 4);
    steps_ = whole("train.steps", 1000);
    variant_ = text("attention.kind", "vanilla");
    weight_ = number(run, "balance.weight", 0);
    start_weight_ = parent ? number(*parent, "balance.weight", 0) : weight_;
    on_text_ = text("data.source", "backcopy") == "text";
  }

  std::vector<MetricRow> metrics() {
    for (const int64_t step : evaluations()) evaluate(step);
    at(0, "model/parameters",
       1000.0 * static_cast<double>(layers_ * heads_) + (variant_ == "vanilla" ? 0 : 8));
    if (text("eval.probes", "none") == "full") probe();
    if (text("eval.probes", "none") != "none") left_out_terms();
    if (!text("eval.tasks", "").empty()) tasks();
    return rows_;
  }

  std::vector<HistogramRow> histograms() const {
    std::vector<HistogramRow> list;
    if (text("eval.probes", "none") != "full") return list;
    for (const char* name : {"head/cos_query_first", "head/cos_key_first"})
      for (int l = 0; l < layers_; ++l)
        for (int h = 0; h < heads_; ++h) {
          HistogramRow row{name, steps_, l, h, -1, 1, std::vector<int64_t>(40)};
          const double center =
              std::string(name) == "head/cos_query_first" ? 1.2 * unlike(l, h, 1) - 0.4 : -0.3;
          for (size_t b = 0; b < 40; ++b) {
            const double x = -0.975 + 0.05 * static_cast<double>(b);
            row.counts[b] = std::lround(1000 * std::exp(-8 * (x - center) * (x - center)));
          }
          list.push_back(row);
        }
    return list;
  }

 private:
  static double number(const store::RunRow& run, const std::string& key, double fallback) {
    for (const store::ParamRow& p : run.params)
      if (p.key == key) return to_number(p.value);
    return fallback;
  }
  int64_t whole(const std::string& key, int64_t fallback) const {
    return static_cast<int64_t>(number(run_, key, static_cast<double>(fallback)));
  }
  std::string text(const std::string& key, const std::string& fallback) const {
    for (const store::ParamRow& p : run_.params)
      if (p.key == key) return to_text(p.value);
    return fallback;
  }
  double noise(const std::string& what, int64_t index = 0) const {
    return Draw(static_cast<uint64_t>(run_.seed), run_.group_id + what,
                static_cast<uint64_t>(index))
        .normal();
  }
  void at(int64_t step, const std::string& name, double value, int layer = -1, int head = -1) {
    rows_.push_back({name, step, layer, head, value});
  }

  std::vector<int64_t> evaluations() const {
    std::set<int64_t> steps = {0, steps_};
    for (double s = 1; s < static_cast<double>(steps_); s *= 3.2) steps.insert(std::lround(s));
    return {steps.begin(), steps.end()};
  }

  // How far the heads of the layer have drifted apart: 0 not at all.
  double spread(double weight) const {
    if (text("train.control", "none") != "none") return 0.1;
    const double free = variant_ == "vanilla" ? 0.9 : variant_ == "sink" ? 0.5 : 0.4;
    return weight > 0 ? free * std::min(1.0, 2e-5 / weight) + 1e-3 : free;
  }
  // 0 to 1 by head, the same for all runs with the seed.
  double place(int64_t layer, int64_t head) const {
    return Draw(static_cast<uint64_t>(run_.seed), "place", static_cast<uint64_t>(layer),
                static_cast<uint64_t>(head))
        .uniform();
  }
  double unlike(int64_t layer, int64_t head, double progress) const {
    const double now = (parent_ ? 1 - progress : std::pow(progress, 3)),
                 start = parent_ ? progress : 0;
    const double s = parent_ ? spread(start_weight_) * (steps_ > 0 ? now : 1) +
                                   (steps_ > 0 ? start * spread(weight_) : 0)
                             : spread(weight_) * now;
    return std::clamp(0.95 * (1 - s * place(layer, head)) + 0.003 * noise("i", 100 * layer + head),
                      0.002, 0.998);
  }

  void evaluate(int64_t step) {
    const double progress =
        steps_ > 0 ? std::log1p(static_cast<double>(step)) / std::log1p(static_cast<double>(steps_))
                   : 1;
    double total_cv = 0, max_cv = 0, gates = 0, largest = 0;
    int64_t sinks = 0;
    for (int l = 0; l < layers_; ++l) {
      double sum = 0, squares = 0;
      for (int h = 0; h < heads_; ++h) {
        const double importance = unlike(l, h, progress);
        at(step, "head/importance", importance, l, h);
        at(step, "head/first_weight", 1 - importance, l, h);
        at(step, "head/value_ratio", std::exp(-4 * (1 - importance) + 0.2 * noise("v", h)), l, h);
        at(step, "head/out_norm", importance, l, h);
        sum += importance;
        squares += importance * importance;
        sinks += 1 - importance > 0.3;
        largest = std::max(largest, 1 - importance);
      }
      const double n = static_cast<double>(heads_), mean = sum / n;
      const double cv = std::sqrt(std::max(squares / n - mean * mean, 1e-12)) / mean;
      at(step, "layer/cv", cv, l);
      total_cv += cv;
      gates += mean;
      max_cv = std::max(max_cv, cv);
    }
    const double layers = static_cast<double>(layers_);
    at(step, "eval/imbalance", total_cv / layers);
    at(step, "eval/max_layer_cv", max_cv);
    at(step, "eval/gate_mean", gates / layers);
    at(step, "eval/max_first_weight", largest);
    at(step, "eval/sink_rate",
       100.0 * static_cast<double>(sinks) / (layers * static_cast<double>(heads_)));
    const double floor = on_text_ ? 3.3 : 1.9, gain = weight_ == 0.01 ? 0.004 : 0;
    const double loss = floor + 0.03 - gain + 2.1 * (parent_ ? 0.02 : std::exp(-6 * progress)) +
                        0.001 * noise("loss", step) +
                        0.03 * std::abs(std::log(number(run_, "train.lr", 8e-3) / 8e-3));
    at(step, "eval/loss", loss);
    if (on_text_)
      at(step, "eval/bpb", loss / 1.812);
    else
      at(step, "eval/floor", floor);
    const double context = number(run_, "data.context", 64);
    if (text("data.source", "") == "recall" || text("data.source", "") == "needle") {
      at(step, "eval/accuracy",
         std::clamp((start_weight_ > 0 ? 62.0 : 60.0) / context * progress + 0.02 * noise("a"), 0.0,
                    1.0));
      at(step, "eval/loss_answer", loss + 0.5);
    }
  }

  void probe() {
    const int64_t heads = layers_ * heads_;
    at(steps_, "probe/identity_error", 4e-7);
    at(steps_, "probe/zero_first_value", 0.001 + 0.0002 * noise("z"));
    at(steps_, "probe/zero_random_value", 0.02 + 0.002 * noise("r"));
    const std::map<std::string, double> criteria = {
        {"importance", 1}, {"out_norm", 1.2}, {"gradient", 0.8}, {"random", 3}};
    for (const auto& [name, factor] : criteria) {
      const auto cost = [&](double share) {
        return 0.4 * factor * std::pow(share, 2.5) * (1 + 0.1 * noise(name));
      };
      for (int64_t k = 0; k <= heads; ++k) {
        const double share = static_cast<double>(k) / static_cast<double>(heads);
        at(steps_, "ablate/" + name, 2 + cost(share), -1, static_cast<int>(k));
      }
      at(steps_, "probe/loss_quarter_" + name, cost(0.25));
      at(steps_, "probe/free_share_" + name,
         std::floor(static_cast<double>(heads) * 0.3 / factor) / static_cast<double>(heads));
    }
    const double spread_now = spread(start_weight_);
    for (const char* name : {"importance", "contribution", "ablation"})
      at(steps_, std::string("probe/cv_") + name,
         (spread_now + (name[0] == 'i' ? 0 : 0.2)) * (1 + 0.1 * noise(name)));
    at(steps_, "probe/out_rank", 6 - 3 * spread_now + 0.2 * noise("rank"));
    at(steps_, "probe/cos_query_first", variant_ == "vanilla" ? 0.5 : 0.1 + 0.05 * noise("q"));
    at(steps_, "probe/cos_key_first", -0.2 + 0.02 * noise("k"));
    at(steps_, "probe/key_rank", 7 - 2 * spread_now + 0.1 * noise("kr"));
    at(steps_, "probe/residual_kurtosis",
       (variant_ == "vanilla" ? 60 : 6) * std::exp(0.2 * noise("ku")));
    at(steps_, "probe/max_activation",
       (variant_ == "vanilla" ? 40 : 8) * std::exp(0.2 * noise("max")));
    at(steps_, "probe/int8_loss", 0.01 * std::exp(0.2 * noise("int8")));
    for (int l = 0; l < layers_; ++l)
      for (int h = 0; h < heads_; ++h) {
        at(steps_, "head/first_write", 0.02 * (1 + place(l, h)), l, h);
        at(steps_, "head/ablation", 0.01 * (1 + place(l, h)) + 0.001 * noise("worth", h), l, h);
        at(steps_, "head/contribution", 1 - spread_now * place(l, h), l, h);
        at(steps_, "head/gradient", 0.1 * (1 + place(l, h)), l, h);
      }
    for (const auto& [name, factor] : criteria)
      if (name != "random")
        at(steps_, "probe/area_" + name, 0.01 * (factor - 2) * (1 + 0.1 * noise("area" + name)));
  }

  void left_out_terms() {
    at(steps_, "probe/drop_first_term", 0.02 + 0.002 * noise("first term"));
    at(steps_, "probe/drop_random_term", 0.01 + 0.001 * noise("random term"));
  }

  void tasks() {
    const std::map<std::string, double> chances = {
        {"lambada", 0},      {"hellaswag", 0.25},     {"piqa", 0.5},  {"arc_easy", 0.25},
        {"winogrande", 0.5}, {"arc_challenge", 0.25}, {"boolq", 0.5}, {"openbookqa", 0.25}};
    double total = 0, total_chance = 0;
    for (const auto& [name, chance] : chances) {
      const double accuracy = chance + 0.01 + 0.01 * noise(name);
      at(steps_, "task/" + name, accuracy);
      at(steps_, "task/" + name + "_se", 0.012);
      at(steps_, "task/" + name + "_chance", chance);
      at(steps_, "task/" + name + "_n", 1500);
      at(steps_, "task/" + name + "_truncated", 3);
      at(steps_, "task/" + name + "_byte", accuracy);
      total += accuracy / 8;
      total_chance += chance / 8;
    }
    at(steps_, "task/mean", total);
    at(steps_, "task/mean_chance", total_chance);
  }

  const store::RunRow& run_;
  const store::RunRow* parent_;
  int64_t layers_ = 2, heads_ = 4, steps_ = 1000;
  std::string variant_;
  double weight_ = 0, start_weight_ = 0;
  bool on_text_ = false;
  std::vector<MetricRow> rows_;
};

// Stores the experiments and makes up the results of every run that has none.
inline void make_up(const std::filesystem::path& path,
                    const std::vector<store::ExperimentRow>& experiments) {
  store::Store store(path);
  std::map<std::string, const store::RunRow*> runs;
  std::vector<const store::RunRow*> order;
  for (const store::ExperimentRow& e : experiments) {
    store.put_experiment(e);
    for (const store::RunRow& run : e.runs)
      if (runs.emplace(run.run_id, &run).second) order.push_back(&run);  // parents stand first
  }
  for (const store::RunRow* run : order) {
    const auto parent = runs.find(run->parent_id);
    MadeUpRun made(*run, parent == runs.end() ? nullptr : parent->second);
    const std::string ids[] = {run->run_id};
    store::Lease lease = *store.claim(ids, store::this_process());
    store.begin_attempt(lease,
                        {.device = "cpu", .processor = "test", .git_commit = "c0ffee0123456789"});
    const std::vector<MetricRow> rows = made.metrics();
    std::set<std::string> names;
    std::vector<MetricInfo> infos;
    for (const MetricRow& row : rows)
      if (names.insert(row.name).second) infos.push_back({row.name, "1", "", ""});
    store.describe(lease, infos);
    store.add_metrics(lease, rows);
    store.add_histograms(lease, made.histograms());
    store.finish(lease, {});
  }
}

}  // namespace sinkmoe::report
