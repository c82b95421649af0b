#include "tensor/host_read.h"

#include <ATen/ATen.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace sinkmoe::tensor {
namespace {

thread_local int64_t waits_so_far = 0;

at::Tensor pinned_like(const at::Tensor& x) {
  return at::empty(x.sizes(), at::TensorOptions().dtype(x.scalar_type()).pinned_memory(true));
}

}  // namespace

at::Tensor HostRead::add(const at::Tensor& x) {
  if (x.is_cpu()) return x.detach().contiguous();
  device_ = x.device();
  at::Tensor host = pinned_like(x);
  return host.copy_(x.detach(), /*non_blocking=*/true);
}

void HostRead::wait() {
  ++waits_so_far;
  if (!device_) return;
  const c10::impl::VirtualGuardImpl device(device_->type());
  device.getStream(*device_).synchronize();
}

int64_t HostRead::waits() { return waits_so_far; }

at::Tensor to_host(const at::Tensor& x) {
  HostRead read;
  const at::Tensor host = read.add(x);
  read.wait();
  return host;
}

at::Tensor to_device(const at::Tensor& x, at::Device device) {
  if (device.is_cpu()) return x;
  return pinned_like(x).copy_(x).to(device, /*non_blocking=*/true);
}

}  // namespace sinkmoe::tensor
