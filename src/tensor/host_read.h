// Values that travel between the host and a device. Reading a value waits for all work that the device has been given,
// so training and evaluation collect on the device, read through HostRead only, and read seldom.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>

namespace sinkmoe::tensor {

class HostRead {
 public:
  // Queues a copy of x into memory that the device can write while the host goes on. The returned tensor
  // is on the CPU, contiguous, of x's type and shape; it holds the values once wait() has returned.
  // If x is on the CPU, it is x itself.
  at::Tensor add(const at::Tensor& x);
  // Waits once, for all that was added.
  void wait();

  // Calls of wait() by this thread so far, also those that had nothing to wait for.
  static int64_t waits();

 private:
  std::optional<at::Device> device_;
};

// One tensor: add and wait.
at::Tensor to_host(const at::Tensor& x);

// A copy on `device` of x, which is on the CPU; the host does not wait for it. On the CPU it is x itself.
at::Tensor to_device(const at::Tensor& x, at::Device device);

}  // namespace sinkmoe::tensor
