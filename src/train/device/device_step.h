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
#include "train/update/device_update.h"
#include "train/update/optimizer.h"

namespace sinkmoe::train {

// Scalars on the device.
struct Losses {
  at::Tensor loss, balance;  // the second without its weight
};

// Forward and backward of some rows: adds gradients of share * (loss + weight * balance) to the
// parameters' .grad. May not read a value back from the device. weight: fp32 scalar.
using ForwardBackward = std::function<Losses(const at::Tensor& ids_BT, const at::Tensor& target_N,
                                             const at::Tensor& weight)>;

class DeviceStep {
 public:
  static constexpr int64_t kWarmUp = 3;  // steps that are queued op by op before the recording

  struct Parts {
    const config::RunConfig& config;
    const data::DataSource& source;
    tensor::ParamSet& model;  // the forward pass reads these
    Optimizer& optimizer;     // of these, or of others that they are made from
    ForwardBackward forward_backward;
    const PartialTraining& partial;                // says what stands between the two
    std::function<void(const std::string&)> note;  // told once how the steps are run
    std::unique_ptr<Lanes> lanes;
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
  at::Tensor host_[Lanes::kSlots], host_outcomes_[Lanes::kSlots];
  at::Tensor input_, ids_BT_, target_N_;  // on the device; the last two are parts of input_
  at::Tensor half_;                       // bf16 copy of the model's parameters, or undefined
  DeviceUpdate update_;
  std::optional<Pending> pending_;
  int64_t run_ = 0;  // steps queued by this object
  bool recorded_ = false;
};

}  // namespace sinkmoe::train
