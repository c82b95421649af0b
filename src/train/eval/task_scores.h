// Scores zero-shot tasks (eval.tasks): which option has the most probable continuation.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/run/metric.h"
#include "data/tasks/tasks.h"
#include "data/tokens/tokenizer.h"
#include "model/decoder.h"

namespace sinkmoe::train {

struct TaskScore {
  std::string name;
  bool choice = true;  // false: right if every token of the continuation is the most probable one
  int64_t questions = 0;          // that are scored
  int64_t truncated = 0;          // of them, with a context that was cut
  int64_t too_long = 0;           // not scored, because an answer alone is longer than the window
  double accuracy = 0;            // by the sum of log-probabilities of the continuation
  double accuracy_byte = 0;       // by the same per byte; without options: like accuracy
  double chance = 0;              // mean share of right options; 0 without options
  double standard_error() const;  // binomial
};

// The text of a question comes after BOS. If it is longer than data.context, its context is cut from
// the left and it counts as truncated; if an answer alone is longer, the question is not scored.
// Equal options are one answer. `alive` is called before every forward pass. Throws Error: no
// question fits.
TaskScore score_task(const model::Decoder& model, const data::Tokenizer& tokenizer,
                     const data::Task& task, at::Device device, const std::function<void()>& alive);

std::vector<MetricRow> task_rows(const std::vector<TaskScore>& scores, int64_t step);

// Scores of all tasks, as rows.
std::vector<MetricRow> run_tasks(const model::Decoder& model, const data::TaskSet& tasks,
                                 int64_t step, at::Device device,
                                 const std::function<void()>& alive);

}  // namespace sinkmoe::train
