#include "train/device/graph_replay.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace sinkmoe::train {

namespace {

using Maker = std::unique_ptr<Lanes> (*)(at::Device);

Maker& cuda_maker() {
  static Maker make = nullptr;  // set before main, in any order
  return make;
}

}  // namespace

at::Tensor Lanes::host_buffer(at::IntArrayRef shape, at::ScalarType type) {
  return at::zeros(shape, type);
}

void Lanes::await_sent(int64_t) {}

void Lanes::send(int64_t, const at::Tensor& host, at::Tensor& to) { to.copy_(host); }

void Lanes::fetch(int64_t, const at::Tensor& from, at::Tensor& host) { host.copy_(from); }

void Lanes::await_fetched(int64_t) {}

bool Lanes::record(const std::function<void()>&, std::string& why) {
  why = "this program was built without CUDA kernels (preset cuda-release has them)";
  return false;
}

void Lanes::replay() { throw std::logic_error("Lanes::replay: nothing was recorded"); }

void set_cuda_lanes(Maker make) { cuda_maker() = make; }

std::unique_ptr<Lanes> make_lanes(at::Device device) {
  if (device.is_cuda() && cuda_maker()) return cuda_maker()(device);
  return std::make_unique<Lanes>();
}

}  // namespace sinkmoe::train
