// Scores of zero-shot tasks against one option at a time, without batches or padding.
#include "train/eval/task_scores.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "core/error.h"
#include "core/random.h"
#include "metrics/metrics.h"
#include "support/tiny.h"
#include "tensor/host_read.h"

namespace sinkmoe::train {
namespace {

config::RunConfig config_of(int64_t context) {
  config::RunConfig c = testing::tiny_config("gated");
  c.model.init_std = 0.5;
  c.data.context = context;
  return c;
}

// Log-probability of each continuation token, and the model's first choice for it.
struct Naive {
  double sum = 0;
  bool likeliest = true;
};

Naive naive(const model::Decoder& model, const data::Tokenizer& tokenizer,
            const std::string& context, const std::string& continuation) {
  std::vector<int32_t> ids = tokenizer.encode(context);
  size_t rest = ids.size();
  tokenizer.encode(continuation, ids);
  const auto T = static_cast<size_t>(model.config().data.context);
  if (ids.size() > T) {
    rest -= std::min(rest, ids.size() - T);
    ids.erase(ids.begin(), ids.end() - static_cast<std::ptrdiff_t>(T));
  }
  ids.insert(ids.begin(), tokenizer.bos());
  const std::vector<int64_t> wide(ids.begin(), ids.end() - 1);
  const at::Tensor logits = at::linear(
      model.forward(at::tensor(wide, at::kLong).unsqueeze(0)).hidden_NC, model.output_weight_VC());
  Naive out;
  for (size_t t = rest + 1; t < ids.size(); ++t) {
    const at::Tensor row = logits[static_cast<int64_t>(t) - 1];
    out.sum += row.log_softmax(-1)[ids[t]].item<double>();
    out.likeliest = out.likeliest && row.argmax().item<int64_t>() == ids[t];
  }
  return out;
}

std::string word(Draw& draw, uint64_t longest) {
  std::string text = " ";
  for (uint64_t i = 0, n = 1 + draw.below(longest); i < n; ++i)
    text += static_cast<char>('a' + draw.below(26));
  return text;
}

data::Task made_up(int questions, uint64_t longest) {
  data::Task task{.name = "piqa"};
  Draw draw(1, "made-up task");
  for (int i = 0; i < questions; ++i) {
    data::TaskQuestion q;
    const std::string context = word(draw, longest);
    for (int o = 0; o < 3; ++o) {
      q.contexts.push_back(context);
      q.continuations.push_back(word(draw, 6));
    }
    q.gold = static_cast<int64_t>(draw.below(3));
    task.questions.push_back(q);
  }
  return task;
}

int64_t naive_choice(const model::Decoder& model, const data::Tokenizer& tokenizer,
                     const data::TaskQuestion& q, bool per_byte) {
  std::vector<double> value;
  for (size_t o = 0; o < q.contexts.size(); ++o)
    value.push_back(naive(model, tokenizer, q.contexts[o], q.continuations[o]).sum /
                    (per_byte ? static_cast<double>(q.continuations[o].size()) : 1));
  return std::max_element(value.begin(), value.end()) - value.begin();
}

// Options of one text are one answer, so that a blind guess finds it as often as it is there.
double share_of_right_options(const data::Task& task) {
  double sum = 0;
  for (const data::TaskQuestion& q : task.questions) {
    const auto gold = static_cast<size_t>(q.gold);
    int64_t right = 0;
    for (size_t o = 0; o < q.contexts.size(); ++o)
      right += q.contexts[o] + "|" + q.continuations[o] ==
               q.contexts[gold] + "|" + q.continuations[gold];
    sum += static_cast<double>(right) / static_cast<double>(q.contexts.size());
  }
  return sum / static_cast<double>(task.questions.size());
}

TEST(TaskScores, BatchedScoresEqualOneOptionAtATime) {
  const at::NoGradGuard no_grad;
  const auto tokenizer = data::byte_tokenizer();
  for (const uint64_t longest : {8u, 60u}) {  // the second is longer than the context
    const model::Decoder model(config_of(24), tokenizer->vocabulary(), at::kCPU);
    data::Task task = made_up(60, longest);
    // Every gold is what the slow way picks: each question must be got right, by one of the ways.
    for (const bool per_byte : {false, true}) {
      for (data::TaskQuestion& q : task.questions)
        q.gold = naive_choice(model, *tokenizer, q, per_byte);
      int alive = 0;
      const int64_t waits = tensor::HostRead::waits();
      const TaskScore s = score_task(model, *tokenizer, task, at::kCPU, [&] { ++alive; });
      EXPECT_EQ(per_byte ? s.accuracy_byte : s.accuracy, 1) << longest;
      EXPECT_LT(per_byte ? s.accuracy : s.accuracy_byte, 1) << "the two ways differ somewhere";
      EXPECT_NEAR(s.chance, share_of_right_options(task), 1e-12);
      EXPECT_GT(alive, 0);
      EXPECT_EQ(tensor::HostRead::waits() - waits, 1);
      EXPECT_EQ(s.truncated > 0, longest > 24) << s.truncated;
      EXPECT_LT(s.truncated, s.questions);
    }
  }
}

TEST(TaskScores, TheLastWordMustBeTheLikeliest) {
  const at::NoGradGuard no_grad;
  const auto tokenizer = data::byte_tokenizer();
  const model::Decoder model(config_of(24), tokenizer->vocabulary(), at::kCPU);
  data::Task task{.name = "lambada"};
  Draw draw(2, "made-up task");
  int want = 0;
  for (int i = 0; i < 40; ++i) {
    const std::string context = word(draw, 8);
    std::string continuation = " x";
    for (int b = 0; b < 128 && i % 2 == 0; ++b) {  // the model's own next byte
      continuation = std::string(1, static_cast<char>(b));
      if (naive(model, *tokenizer, context, continuation).likeliest) break;
    }
    want += naive(model, *tokenizer, context, continuation).likeliest;
    task.questions.push_back({{context}, {continuation}, 0});
  }
  ASSERT_GT(want, 0);
  const TaskScore s = score_task(model, *tokenizer, task, at::kCPU, [] {});
  EXPECT_FALSE(s.choice);
  EXPECT_NEAR(s.accuracy, want / 40.0, 1e-12);
  EXPECT_EQ(s.chance, 0);
}

// Bytes are tokens here, so lengths are exact: a window of 24 reads BOS and 23 bytes of a text of 24.
TEST(TaskScores, AnAnswerLongerThanTheWindowIsNotScoredCut) {
  const auto tokenizer = data::byte_tokenizer();
  const model::Decoder model(config_of(24), tokenizer->vocabulary(), at::kCPU);
  const auto question = [](size_t longest) {
    return data::TaskQuestion{{"context", "context"}, {" a", std::string(longest, 'b')}, 0};
  };
  data::Task task{.name = "piqa", .questions = {question(2), question(24), question(25)}};
  const TaskScore s = score_task(model, *tokenizer, task, at::kCPU, [] {});
  EXPECT_EQ(s.questions, 2);
  EXPECT_EQ(s.truncated, 1);
  EXPECT_EQ(s.too_long, 1);
  task.questions = {question(25)};
  EXPECT_THROW(score_task(model, *tokenizer, task, at::kCPU, [] {}), Error);
}

TEST(TaskScores, EqualOptionsAreOneAnswer) {
  const auto tokenizer = data::byte_tokenizer();
  const model::Decoder model(config_of(24), tokenizer->vocabulary(), at::kCPU);
  data::Task task{.name = "piqa"};
  for (const int64_t gold : {0, 1})
    task.questions.push_back({{"x", "x"}, {" same", " same"}, gold});
  const TaskScore same = score_task(model, *tokenizer, task, at::kCPU, [] {});
  EXPECT_EQ(same.accuracy, 1);
  EXPECT_EQ(same.accuracy_byte, 1);
  EXPECT_EQ(same.chance, 1);
  task.questions = {{{"x", "x", "x", "x"}, {" a", " b", " a", " c"}, 2}};
  EXPECT_EQ(score_task(model, *tokenizer, task, at::kCPU, [] {}).chance, 0.5);
}

TEST(TaskScores, RowsAreDescribed) {
  const std::vector<TaskScore> scores = {{.name = "piqa",
                                          .questions = 100,
                                          .truncated = 3,
                                          .too_long = 2,
                                          .accuracy = 0.6,
                                          .accuracy_byte = 0.5,
                                          .chance = 0.5},
                                         {.name = "boolq",
                                          .questions = 1,
                                          .too_long = 1,
                                          .accuracy = 1,
                                          .accuracy_byte = 1,
                                          .chance = 0.5}};
  std::vector<std::string> known;
  for (const MetricInfo& info : metrics::task_infos({"piqa", "boolq"})) known.push_back(info.name);
  const std::vector<MetricRow> rows = task_rows(scores, 9);
  EXPECT_EQ(rows.size(), known.size());
  double mean = 0, se = 0;
  for (const MetricRow& row : rows) {
    EXPECT_NE(std::find(known.begin(), known.end(), row.name), known.end()) << row.name;
    if (row.name == "task/mean") mean = row.value;
    if (row.name == "task/piqa_se") se = row.value;
  }
  EXPECT_NEAR(mean, 0.8, 1e-12);
  EXPECT_NEAR(se, 0.04898979, 1e-8);
  EXPECT_TRUE(task_rows({}, 9).empty());
}

}  // namespace
}  // namespace sinkmoe::train
