#include "tensor/backends.h"

#include <ATen/ATen.h>

#include <tuple>

namespace sinkmoe::tensor {
namespace {

std::vector<BackendRow>& rows() {
  static std::vector<BackendRow> all;
  return all;
}

std::string type_names(const std::vector<at::ScalarType>& types) {
  std::string out;
  for (const at::ScalarType type : types)
    out += (out.empty() ? "" : ", ") + std::string(type == at::kDouble     ? "fp64"
                                                   : type == at::kFloat    ? "fp32"
                                                   : type == at::kBFloat16 ? "bf16"
                                                                           : at::toString(type));
  return out.empty() ? "any" : out;
}

}  // namespace

namespace detail {

void add_row(const char* operation, const BackendInfo& info) {
  rows().push_back({operation, info.name,
                    info.device ? at::DeviceTypeName(*info.device, true) : "any",
                    type_names(info.types)});
}

void no_backend(const char* operation, const std::string& wanted) {
  std::string known;
  for (const BackendRow& row : rows())
    if (row.operation == operation) known += (known.empty() ? "" : ", ") + row.backend;
  throw std::logic_error(std::string(operation) + ": no backend for " + wanted +
                         "; this program has " + (known.empty() ? "none" : known));
}

bool serves(const BackendInfo& info, at::DeviceType device, at::ScalarType type) {
  return (!info.device || *info.device == device) &&
         (info.types.empty()
              ? at::isFloatingType(type)
              : std::find(info.types.begin(), info.types.end(), type) != info.types.end());
}

}  // namespace detail

std::vector<BackendRow> backends() {
  std::vector<BackendRow> out = rows();
  std::sort(out.begin(), out.end(), [](const BackendRow& a, const BackendRow& b) {
    return std::tie(a.operation, a.backend) < std::tie(b.operation, b.backend);
  });
  return out;
}

}  // namespace sinkmoe::tensor
