// GraphReplay on a GPU: a stream for the work, another for copies, pinned host memory, and a CUDA
// graph.
//
// The graph is made with the CUDA runtime and the allocator of libc10_cuda, not with
// at::cuda::CUDAGraph: that class is in libtorch_cuda, which this program loads only if a run needs
// it (tensor/device.h). The class would also handle random generators, which are not used on the
// device here.
#include <ATen/ATen.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

#include <array>
#include <atomic>
#include <optional>
#include <stdexcept>

#include "train/device/graph_replay.h"

namespace sinkmoe::train {
namespace {

namespace allocator = c10::cuda::CUDACachingAllocator;

// An id that is not used elsewhere; LibTorch numbers its own from 1.
c10::MempoolId_t new_pool() {
  static std::atomic<c10::CaptureId_t> next = c10::CaptureId_t{1} << 40;
  return {next++, 0};
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

// Recorded work with the memory that it uses.
class Graph {
 public:
  explicit Graph(c10::cuda::CUDAStream stream) : stream_(stream) {}
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph() {
    if (!exec_) return;
    // Nothing can be done about an error at this point.
    (void)cudaStreamSynchronize(stream_.stream());
    (void)cudaGraphExecDestroy(exec_);
    allocator::releasePool(stream_.device_index(), pool_);
  }

  // Throws the error that occurred; the stream can be used again.
  void record(const std::function<void()>& work) {
    const cudaStream_t raw = stream_.stream();
    allocator::beginAllocateToPool(stream_.device_index(), pool_,
                                   [raw](cudaStream_t stream) { return stream == raw; });
    cudaGraph_t graph = nullptr;
    try {
      C10_CUDA_CHECK(cudaStreamBeginCapture(raw, cudaStreamCaptureModeGlobal));
      work();
      C10_CUDA_CHECK(cudaStreamEndCapture(raw, &graph));
      if (!graph) throw std::runtime_error("the recording is empty");
      allocator::endAllocateToPool(stream_.device_index(), pool_);
    } catch (...) {
      if (!graph) abandon(raw);
      allocator::endAllocateToPool(stream_.device_index(), pool_);
      allocator::releasePool(stream_.device_index(), pool_);
      throw;
    }
    const cudaError_t status = cudaGraphInstantiate(&exec_, graph, 0);
    (void)cudaGraphDestroy(graph);
    if (status == cudaSuccess) return;
    exec_ = nullptr;
    (void)cudaGetLastError();
    allocator::releasePool(stream_.device_index(), pool_);
    throw std::runtime_error(cudaGetErrorString(status));
  }

  void replay() { C10_CUDA_CHECK(cudaGraphLaunch(exec_, stream_.stream())); }

 private:
  // Ends a failed capture and clears its error.
  static void abandon(cudaStream_t raw) {
    cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
    if (cudaStreamIsCapturing(raw, &status) == cudaSuccess &&
        status != cudaStreamCaptureStatusNone) {
      cudaGraph_t broken = nullptr;
      (void)cudaStreamEndCapture(raw, &broken);
      if (broken) (void)cudaGraphDestroy(broken);
    }
    (void)cudaGetLastError();
  }

  c10::cuda::CUDAStream stream_;
  const c10::MempoolId_t pool_ = new_pool();
  cudaGraphExec_t exec_ = nullptr;
};

// Streams of the pool do not wait for the default stream, on which the parameters were created.
c10::cuda::CUDAStream stream_after_all_work() {
  c10::cuda::device_synchronize();
  return c10::cuda::getStreamFromPool(/*isHighPriority=*/true);
}

class CudaGraphReplay : public GraphReplay {
 public:
  ~CudaGraphReplay() override {
    // Buffers must not go back to the allocator while a copy still uses them.
    (void)cudaStreamSynchronize(copy_.stream());
    (void)cudaStreamSynchronize(work_.stream());
  }

  at::Tensor host_buffer(at::IntArrayRef shape, at::ScalarType type) override {
    return at::zeros(shape, at::TensorOptions().dtype(type).pinned_memory(true));
  }

  void await_sent(int64_t slot) override {
    slots_.at(static_cast<size_t>(slot)).sent.synchronize();
  }

  // The copy to `staging` runs during the work of the previous step; `to` changes in the order of
  // the work.
  void send(int64_t slot, const at::Tensor& host, at::Tensor& to) override {
    Slot& s = slots_.at(static_cast<size_t>(slot));
    if (!s.staging.defined()) {
      s.staging = at::empty_like(to);
      s.consumed.record(work_);
    }
    s.consumed.block(copy_);
    {
      const c10::cuda::CUDAStreamGuard guard(copy_);
      s.staging.copy_(host, /*non_blocking=*/true);
      s.sent.record(copy_);
    }
    s.sent.block(work_);
    to.copy_(s.staging, /*non_blocking=*/true);
    s.consumed.record(work_);
  }

  void fetch(int64_t slot, const at::Tensor& from, at::Tensor& host) override {
    host.copy_(from, /*non_blocking=*/true);
    slots_.at(static_cast<size_t>(slot)).fetched.record(work_);
  }

  void await_fetched(int64_t slot) override {
    slots_.at(static_cast<size_t>(slot)).fetched.synchronize();
  }

  bool record(const std::function<void()>& work, std::string& why) override {
    c10::cuda::device_synchronize();
    allocator::emptyCache();  // the graph's pool takes what the warm-up used
    auto graph = std::make_unique<Graph>(work_);
    try {
      graph->record(work);
    } catch (const std::exception& e) {
      why = first_line(e.what());
      return false;
    }
    graph_ = std::move(graph);
    return true;
  }

  void replay() override { graph_->replay(); }

 private:
  struct Slot {
    at::Tensor staging;
    c10::cuda::CUDAEvent sent, consumed, fetched;
  };

  const c10::cuda::CUDAStream work_ = stream_after_all_work(),
                              copy_ = c10::cuda::getStreamFromPool();
  const c10::cuda::CUDAStreamGuard guard_{work_};  // this thread's work goes to the stream work_
  std::array<Slot, kSlots> slots_;
  std::unique_ptr<Graph> graph_;
};

const tensor::Backend<DeviceGraphReplay> on_cuda{{"cuda", at::kCUDA},
                                                 {[](at::Device) -> std::unique_ptr<GraphReplay> {
                                                   return std::make_unique<CudaGraphReplay>();
                                                 }}};

}  // namespace
}  // namespace sinkmoe::train
