#include "train/device/graph_replay.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace sinkmoe::train {

namespace {

const tensor::Backend<DeviceGraphReplay> on_any{
    tensor::kPlain, {[](at::Device) { return std::make_unique<GraphReplay>(); }}};

}  // namespace

at::Tensor GraphReplay::host_buffer(at::IntArrayRef shape, at::ScalarType type) {
  return at::zeros(shape, type);
}

void GraphReplay::await_sent(int64_t) {}

void GraphReplay::send(int64_t, const at::Tensor& host, at::Tensor& to) { to.copy_(host); }

void GraphReplay::fetch(int64_t, const at::Tensor& from, at::Tensor& host) { host.copy_(from); }

void GraphReplay::await_fetched(int64_t) {}

bool GraphReplay::record(const std::function<void()>&, std::string& why) {
  why = "this program was built without CUDA kernels (preset cuda-release has them)";
  return false;
}

void GraphReplay::replay() { throw std::logic_error("GraphReplay::replay: nothing was recorded"); }

std::unique_ptr<GraphReplay> make_graph_replay(at::Device device) {
  return tensor::kernels<DeviceGraphReplay>(device.type(), at::kFloat).make(device);
}

}  // namespace sinkmoe::train
