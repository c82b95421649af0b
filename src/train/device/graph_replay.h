// What a training step needs from a device besides tensors: copies that do not block the host, and
// recording of work. The version here does neither and works on every device; train/cuda/ has one
// with streams, pinned memory and a CUDA graph.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <memory>
#include <string>

#include "tensor/backends.h"

namespace sinkmoe::train {

// Two slots (0 and 1) alternate, so that the numbers of one step are copied while another step is
// computed. All calls come from the thread that created the object. While it lives, the tensor work
// of that thread is queued in the order of the calls.
class GraphReplay {
 public:
  static constexpr int64_t kSlots = 2;
  virtual ~GraphReplay() = default;

  // Host memory that the device can read directly.
  virtual at::Tensor host_buffer(at::IntArrayRef shape, at::ScalarType type);
  // Waits until the host may write the slot's buffer again.
  virtual void await_sent(int64_t slot);
  // Queues: host buffer -> `to` on the device, before the work that is queued next.
  virtual void send(int64_t slot, const at::Tensor& host, at::Tensor& to);
  // Queues: `from` on the device -> host buffer. await_fetched waits for it.
  virtual void fetch(int64_t slot, const at::Tensor& from, at::Tensor& host);
  virtual void await_fetched(int64_t slot);

  // Records the tensor work of `work` without running it. Returns false, with the reason, if this
  // is not supported or failed (the work has then not been run).
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

// The GraphReplay of this device. Throws Error if the device fails.
std::unique_ptr<GraphReplay> make_graph_replay(at::Device device);

}  // namespace sinkmoe::train
