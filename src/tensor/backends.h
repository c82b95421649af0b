// Finds the code of an operation for a device. An operation declares a table of functions once:
//
//   struct RmsNorm {
//     static constexpr const char* name = "RMSNorm";
//     struct Kernels { ... };  // function pointers: plain tensors in, plain tensors out
//   };
//
// Each backend registers its table beside its code, in static storage:
//
//   const Backend<RmsNorm> plain{kPlain, {...}};                         // ATen ops
//   const Backend<RmsNorm> cpu{{"cpu", at::kCPU, {at::kFloat}}, {...}};  // fused loops
//
// Code under autograd asks kernels<RmsNorm>(x) in the forward pass and again in the backward pass.
// A kernel that cannot read its arguments (an odd width, an unaligned row) calls
// plain_kernels<RmsNorm>() itself, so that the choice here depends only on device and type.
#pragma once

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace sinkmoe::tensor {

// The name of a backend, and the tensors that it handles.
struct BackendInfo {
  std::string name;                           // "plain", "cpu", "cuda", "sdpa"
  std::optional<at::DeviceType> device = {};  // none: every device
  std::vector<at::ScalarType> types = {};     // none: every floating type
  bool chosen = true;                         // false: used only if a test forces it
};

inline const BackendInfo kPlain{.name = "plain"};

// One backend of one operation, as text.
struct BackendRow {
  std::string operation, backend, device, types;
};
// Every backend of every operation of this program, by operation and then name.
std::vector<BackendRow> backends();

namespace detail {

template <class Op>
struct Entry {
  BackendInfo info;
  typename Op::Kernels kernels;
};

// In static storage of a function, so that it can be used before main in any order.
template <class Op>
std::deque<Entry<Op>>& entries() {
  static std::deque<Entry<Op>> all;
  return all;
}

template <class Op>
std::atomic<const Entry<Op>*>& forced() {
  static std::atomic<const Entry<Op>*> entry = nullptr;
  return entry;
}

void add_row(const char* operation, const BackendInfo& info);
[[noreturn]] void no_backend(const char* operation, const std::string& wanted);
bool serves(const BackendInfo& info, at::DeviceType device, at::ScalarType type);

}  // namespace detail

// Registers a backend. Throws std::logic_error for a name that the operation has already.
template <class Op>
struct Backend {
  Backend(const BackendInfo& info, const typename Op::Kernels& kernels) {
    for (const auto& entry : detail::entries<Op>())
      if (entry.info.name == info.name)
        throw std::logic_error(std::string(Op::name) + " has two backends '" + info.name + "'");
    detail::entries<Op>().push_back({info, kernels});
    detail::add_row(Op::name, info);
  }
};

// The table for a device and a type. A backend for this device is preferred over one for every
// device. Throws std::logic_error if there is none.
template <class Op>
const typename Op::Kernels& kernels(at::DeviceType device, at::ScalarType type) {
  if (const auto* entry = detail::forced<Op>().load()) return entry->kernels;
  const detail::Entry<Op>* best = nullptr;
  for (const auto& entry : detail::entries<Op>())
    if (entry.info.chosen && detail::serves(entry.info, device, type) &&
        (!best || !best->info.device))
      best = &entry;
  if (!best)
    detail::no_backend(Op::name, std::string(at::toString(type)) + " on " +
                                     at::DeviceTypeName(device, /*lower_case=*/true));
  return best->kernels;
}

template <class Op>
const typename Op::Kernels& kernels(const at::Tensor& x) {
  return kernels<Op>(x.device().type(), x.scalar_type());
}

// The table of a backend by name. Throws std::logic_error if there is none.
template <class Op>
const typename Op::Kernels& kernels_of(const std::string& backend) {
  for (const auto& entry : detail::entries<Op>())
    if (entry.info.name == backend) return entry.kernels;
  detail::no_backend(Op::name, "'" + backend + "'");
}

// The ATen form, which handles every tensor.
template <class Op>
const typename Op::Kernels& plain_kernels() {
  return kernels_of<Op>("plain");
}

// The backends of one operation that this program can run on `device`.
template <class Op>
std::vector<BackendInfo> backends_on(at::DeviceType device) {
  std::vector<BackendInfo> out;
  for (const auto& entry : detail::entries<Op>())
    if (!entry.info.device || *entry.info.device == device) out.push_back(entry.info);
  return out;
}

// For tests: while this object lives, the operation uses this backend on all threads and devices.
template <class Op>
class ForcedBackend {
 public:
  explicit ForcedBackend(const std::string& backend) {
    for (const auto& entry : detail::entries<Op>())
      if (entry.info.name == backend) detail::forced<Op>() = &entry;
    if (!detail::forced<Op>().load()) detail::no_backend(Op::name, "'" + backend + "'");
  }
  ~ForcedBackend() { detail::forced<Op>() = nullptr; }
  ForcedBackend(const ForcedBackend&) = delete;
  ForcedBackend& operator=(const ForcedBackend&) = delete;
};

}  // namespace sinkmoe::tensor
