// Zero-shot tasks on a model (eval.tasks): which option's continuation is likeliest.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/metric.h"
#include "data/tasks/tasks.h"
#include "data/tokens/tokenizer.h"
#include "model/decoder.h"

namespace sinkmoe::train {

struct TaskScore {
  std::string name;
  bool choice = true;  // false: right when every token of the continuation is the likeliest
  int64_t questions = 0, truncated = 0;
  double accuracy = 0;            // by the sum of log-probabilities of the continuation
  double accuracy_byte = 0;       // by the same per byte; no choice: as accuracy
  double chance = 0;              // mean of 1 / options; no choice: 0
  double standard_error() const;  // binomial
};

// A question's text stands after BOS; what is longer than data.context is cut from the left, and
// the question counts as truncated. `alive` is called before every forward pass.
TaskScore score_task(const model::Decoder& model, const data::Tokenizer& tokenizer,
                     const data::Task& task, at::Device device, const std::function<void()>& alive);

std::vector<MetricRow> task_rows(const std::vector<TaskScore>& scores, int64_t step);

// Reads the tasks of eval.tasks and scores them with the tokenizer of data.path. Throws Error.
std::vector<MetricRow> run_tasks(const model::Decoder& model, int64_t step, at::Device device,
                                 const std::function<void()>& alive);

}  // namespace sinkmoe::train
