// The whole optimizer step as queued device work. The host sends a batch and the numbers of the
// step, and reads loss, balance loss and gradient norm one step later. After a few steps the work
// is recorded (as a CUDA graph) and from then on replayed.
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
  static constexpr int64_t kWarmUp = 3;  // steps that run op by op before the recording

  struct Parts {
    const config::RunConfig& config;
    const data::DataSource& source;
    tensor::ParamSet& model;  // the forward pass reads these
    Optimizer& optimizer;     // of these, or of others that they are made from
    // Adds the gradients of some rows; reads no value back from the device. weight: fp32 scalar.
    std::function<Losses(const at::Tensor& ids_BT, const at::Tensor& target_N,
                         const at::Tensor& weight)>
        add_gradients;
    const PartialTraining& partial;                // what is adjusted between the two
    std::function<void(const std::string&)> note;  // called once with how the steps are run
    std::unique_ptr<GraphReplay> graph;
  };
  explicit DeviceStep(Parts parts);

  // Queues step `step`, then waits for the numbers of the previous step and returns them. A step
  // whose numbers are not finite changes no parameter.
  std::optional<StepNumbers> advance(int64_t step);
  // Waits for the last queued step; nullopt if its numbers were already returned.
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
