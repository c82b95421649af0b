// What a training step asks of a device beyond tensors: copies that do not hold the host up, and
// the recording of work. The version here does neither and serves every device; train/cuda/ has one
// with streams, pinned memory and a CUDA graph.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

#include "tensor/backends.h"

namespace sinkmoe::train {

// Two slots (0 and 1) take turns, so that one step's numbers travel while the other's are computed.
// All calls come from the thread that made the object. While it lives, that thread's tensor work is
// queued in the order of the calls.
class GraphReplay {
 public:
  static constexpr int64_t kSlots = 2;
  virtual ~GraphReplay() = default;

  // Host memory that the device can read without a detour.
  virtual at::Tensor host_buffer(at::IntArrayRef shape, at::ScalarType type);
  // Waits until the host may write the slot's buffer again.
  virtual void await_sent(int64_t slot);
  // Queues: host buffer -> `to` on the device, before the work that is queued next.
  virtual void send(int64_t slot, const at::Tensor& host, at::Tensor& to);
  // Queues: `from` on the device -> host buffer. await_fetched waits for it.
  virtual void fetch(int64_t slot, const at::Tensor& from, at::Tensor& host);
  virtual void await_fetched(int64_t slot);

  // Records the tensor work of `work` without running it; false, with the reason, when that cannot
  // be done here or did not succeed (the work has then not been run either).
  virtual bool record(const std::function<void()>& work, std::string& why);
  // Queues the recorded work.
  virtual void replay();
};

struct DeviceGraphReplay {
  static constexpr const char* name = "graph replay";
  struct Kernels {
    std::unique_ptr<GraphReplay> (*make)(at::Device device);
  };
};

// The one for this device. Throws Error when the device fails.
std::unique_ptr<GraphReplay> make_graph_replay(at::Device device);

}  // namespace sinkmoe::train
