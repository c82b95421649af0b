// The whole optimizer step as queued device work: the host sends a batch and the step's numbers,
// and reads loss, balance loss and gradient norm one step later. After a few steps the work is
// recorded (a CUDA graph) and from then on only played again.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "data/source.h"
#include "tensor/params.h"
#include "train/device/graph_replay.h"
#include "train/step_numbers.h"
#include "train/trainable/trainable.h"
#include "train/update/adamw.h"
#include "train/update/loss_gradients.h"
#include "train/update/optimizer.h"

namespace sinkmoe::train {

class DeviceStep {
 public:
  static constexpr int64_t kWarmUp = 3;  // steps that are queued op by op before the recording

  struct Parts {
    const config::RunConfig& config;
    const data::DataSource& source;
    tensor::ParamSet& model;  // the forward pass reads these
    Optimizer& optimizer;     // of these, or of others that they are made from
    // Adds the gradients of some rows; reads no value back from the device. weight: fp32 scalar.
    std::function<Losses(const at::Tensor& ids_BT, const at::Tensor& target_N,
                         const at::Tensor& weight)>
        add_gradients;
    const PartialTraining& partial;                // says what stands between the two
    std::function<void(const std::string&)> note;  // told once how the steps are run
    std::unique_ptr<GraphReplay> graph;
  };
  explicit DeviceStep(Parts parts);

  // Queues step `step` and returns the numbers of the step before it, once they are there. A step
  // whose numbers are not finite changes no parameter.
  std::optional<StepNumbers> advance(int64_t step);
  // Waits for the step that was queued last; nothing when its numbers were returned already.
  std::optional<StepNumbers> finish();

 private:
  struct Pending {
    int64_t step, slot;
  };
  void send_batch(int64_t step, int64_t slot);
  void work();
  void update();
  void run_or_replay();
  std::optional<StepNumbers> read(const std::optional<Pending>& pending);

  Parts p_;
  int64_t rows_, context_;
  at::Tensor host_[GraphReplay::kSlots], host_results_[GraphReplay::kSlots];
  at::Tensor input_, ids_BT_, target_N_;  // on the device; the last two are parts of input_
  at::Tensor bf16_;                       // bf16 copy of the model's parameters, or undefined
  AdamWUpdate update_;
  std::optional<Pending> pending_;
  int64_t run_ = 0;  // steps queued by this object
  bool recorded_ = false;
};

}  // namespace sinkmoe::train
