#include "train/eval/task_scores.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "core/error.h"
#include "tensor/host_read.h"

namespace sinkmoe::train {

namespace {

constexpr int64_t kTokensPerPass = 8192;

// One option of one question, as token ids.
struct Option {
  std::vector<int32_t> ids;  // BOS, context, continuation
  int64_t first = 0;         // ids[first..] is the continuation
  double bytes = 0;
  double log_probability = 0;
  bool likeliest = true;  // every token of the continuation is the most probable one

  int64_t length() const {
    return static_cast<int64_t>(ids.size()) - 1;
  }  // tokens that the model reads
};

struct Options {
  std::vector<Option> all;
  std::vector<size_t> begin;      // of each question, and the end
  std::vector<size_t> questions;  // that are scored
  int64_t truncated = 0;
};

// Cuts the context; false if the continuation alone is longer than the window.
bool fit(Option& option, int64_t window) {
  const int64_t over = std::max<int64_t>(0, option.length() - window);
  if (option.first - over < 1) return false;
  option.ids.erase(option.ids.begin() + 1, option.ids.begin() + 1 + over);
  option.first -= over;
  return true;
}

Options make_options(const data::Tokenizer& tokenizer, const data::Task& task, int64_t window) {
  Options out;
  data::CachedEncoder encoder(tokenizer);
  for (size_t n = 0; n < task.questions.size(); ++n) {
    const data::TaskQuestion& q = task.questions[n];
    const size_t begin = out.all.size();
    bool cut = false, fits = true;
    for (size_t i = 0; i < q.contexts.size(); ++i) {
      Option option{.ids = {tokenizer.bos()},
                    .bytes = static_cast<double>(q.continuations[i].size())};
      encoder.encode(q.contexts[i], option.ids);
      option.first = static_cast<int64_t>(option.ids.size());
      encoder.encode(q.continuations[i], option.ids);
      cut = option.length() > window || cut;
      fits = fit(option, window) && fits;
      out.all.push_back(std::move(option));
    }
    if (!fits) {  // a part of an answer is another answer
      out.all.resize(begin);
      continue;
    }
    out.begin.push_back(begin);
    out.questions.push_back(n);
    out.truncated += cut;
  }
  out.begin.push_back(out.all.size());
  return out;
}

// What the model says of a batch of options. The tensors are on its device until they are read.
struct Answers {
  std::span<Option* const> batch;
  std::vector<int64_t> target;
  at::Tensor loss, best;  // best: undefined for tasks with a choice
};

// Asks about options of similar length as one batch, padded on the right, where no earlier token sees
// it.
Answers ask(const model::Decoder& model, std::span<Option* const> batch, bool choice, int64_t pad,
            at::Device device) {
  const auto B = static_cast<int64_t>(batch.size());
  int64_t T = 0;
  for (const Option* option : batch) T = std::max(T, option->length());
  at::Tensor ids = at::full({B, T}, pad, at::kLong);
  std::vector<int64_t> place, target;
  for (int64_t b = 0; b < B; ++b) {
    const Option& option = *batch[static_cast<size_t>(b)];
    int64_t* row = ids.data_ptr<int64_t>() + b * T;
    std::copy(option.ids.begin(), option.ids.end() - 1, row);
    for (int64_t t = option.first; t <= option.length(); ++t) {
      place.push_back(b * T + t - 1);
      target.push_back(option.ids[static_cast<size_t>(t)]);
    }
  }
  const auto sent = [&](const at::Tensor& x) { return tensor::to_device(x, device); };
  const at::Tensor hidden =
      model.forward(sent(ids)).hidden_NC.index_select(0, sent(at::tensor(place, at::kLong)));
  Answers answers{batch, std::move(target), {}, {}};
  const at::Tensor& w_VC = model.output_weight_VC();
  answers.loss = model::token_losses(hidden, w_VC, sent(at::tensor(answers.target, at::kLong)));
  if (!choice) answers.best = sinkmoe::model::linear(hidden, w_VC).argmax(-1);
  return answers;
}

void score(const Answers& answers) {
  size_t i = 0;
  for (Option* option : answers.batch)
    for (int64_t t = option->first; t <= option->length(); ++t, ++i) {
      option->log_probability -= answers.loss.data_ptr<float>()[i];
      if (answers.best.defined() && answers.best.data_ptr<int64_t>()[i] != answers.target[i])
        option->likeliest = false;
    }
}

void score_options(const model::Decoder& model, Options& options, bool choice, int64_t pad,
                   at::Device device, const std::function<void()>& alive) {
  const at::NoGradGuard no_grad;
  std::vector<Option*> order;
  for (Option& option : options.all) order.push_back(&option);
  std::stable_sort(order.begin(), order.end(),
                   [](const Option* a, const Option* b) { return a->length() < b->length(); });
  std::vector<Answers> all;
  for (size_t from = 0; from < order.size();) {
    size_t to = from + 1;
    while (to < order.size() &&
           static_cast<int64_t>(to - from + 1) * order[to]->length() <= kTokensPerPass)
      ++to;
    alive();
    all.push_back(ask(model, std::span(order).subspan(from, to - from), choice, pad, device));
    from = to;
  }
  tensor::HostRead host;
  for (Answers& answers : all) {
    answers.loss = host.add(answers.loss);
    if (answers.best.defined()) answers.best = host.add(answers.best);
  }
  host.wait();
  for (const Answers& answers : all) score(answers);
}

// Options of one text are one answer, wherever they stand.
bool same_answer(const data::TaskQuestion& q, size_t a, size_t b) {
  return q.contexts[a] == q.contexts[b] && q.continuations[a] == q.continuations[b];
}

double chance_of(const data::TaskQuestion& q) {
  double right = 0;
  for (size_t i = 0; i < q.contexts.size(); ++i)
    right += same_answer(q, i, static_cast<size_t>(q.gold));
  return right / static_cast<double>(q.contexts.size());
}

size_t best_of(const Options& options, size_t question, bool per_byte) {
  const size_t begin = options.begin[question], end = options.begin[question + 1];
  size_t best = begin;
  auto value = [&](size_t i) {
    return options.all[i].log_probability / (per_byte ? options.all[i].bytes : 1);
  };
  for (size_t i = begin + 1; i < end; ++i)
    if (value(i) > value(best)) best = i;
  return best - begin;
}

}  // namespace

double TaskScore::standard_error() const {
  return std::sqrt(accuracy * (1 - accuracy) /
                   static_cast<double>(std::max<int64_t>(1, questions)));
}

TaskScore score_task(const model::Decoder& model, const data::Tokenizer& tokenizer,
                     const data::Task& task, at::Device device,
                     const std::function<void()>& alive) {
  Options options = make_options(tokenizer, task, model.config().data.context);
  TaskScore score{.name = task.name,
                  .choice = task.questions.at(0).contexts.size() > 1,
                  .questions = static_cast<int64_t>(options.questions.size()),
                  .truncated = options.truncated};
  score.too_long = static_cast<int64_t>(task.questions.size()) - score.questions;
  if (score.questions == 0)
    throw Error("every question of task '" + task.name + "' has an answer longer than the window",
                "data.context", "take a larger data.context");
  score_options(model, options, score.choice, tokenizer.bos(), device, alive);
  double right = 0, right_byte = 0, chance = 0;
  for (size_t i = 0; i < options.questions.size(); ++i) {
    const data::TaskQuestion& q = task.questions[options.questions[i]];
    if (score.choice) {
      const auto gold = static_cast<size_t>(q.gold);
      right += same_answer(q, best_of(options, i, false), gold);
      right_byte += same_answer(q, best_of(options, i, true), gold);
      chance += chance_of(q);
    } else {
      right += options.all[options.begin[i]].likeliest;
    }
  }
  const auto n = static_cast<double>(score.questions);
  score.accuracy = right / n;
  score.accuracy_byte = score.choice ? right_byte / n : score.accuracy;
  score.chance = chance / n;
  return score;
}

std::vector<MetricRow> task_rows(const std::vector<TaskScore>& scores, int64_t step) {
  std::vector<MetricRow> rows;
  double mean = 0, chance = 0;
  auto add = [&](const std::string& name, double value) {
    rows.push_back({"task/" + name, step, -1, -1, value});
  };
  for (const TaskScore& s : scores) {
    add(s.name, s.accuracy);
    add(s.name + "_byte", s.accuracy_byte);
    add(s.name + "_se", s.standard_error());
    add(s.name + "_chance", s.chance);
    add(s.name + "_n", static_cast<double>(s.questions));
    add(s.name + "_truncated", static_cast<double>(s.truncated));
    if (s.too_long > 0) add(s.name + "_too_long", static_cast<double>(s.too_long));
    mean += s.accuracy / static_cast<double>(scores.size());
    chance += s.chance / static_cast<double>(scores.size());
  }
  if (scores.empty()) return rows;
  add("mean", mean);
  add("mean_chance", chance);
  return rows;
}

std::vector<MetricRow> run_tasks(const model::Decoder& model, const data::TaskSet& tasks,
                                 int64_t step, at::Device device,
                                 const std::function<void()>& alive) {
  std::vector<TaskScore> scores;
  for (const data::Task& task : tasks.tasks)
    scores.push_back(score_task(model, *tasks.tokenizer, task, device, alive));
  return task_rows(scores, step);
}

}  // namespace sinkmoe::train
