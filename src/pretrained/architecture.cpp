#include "pretrained/architecture.h"

#include <algorithm>

namespace sinkmoe::pretrained {

namespace {

int64_t numbers(const Layer& layer) {
  int64_t sum = 0;
  for_each_tensor_of(layer, [&](const TensorRef& ref) {
    int64_t n = 1;
    for (const int64_t size : ref.shape) n *= size;
    sum += n / ref.parts;
  });
  return sum;
}

}  // namespace

int64_t parameters(const Architecture& a) {
  int64_t sum = 0;
  for (const Layer& layer : a.layers) sum += numbers(layer);
  return sum;
}

int64_t largest_layer(const Architecture& a) {
  int64_t largest = 0;
  for (const Layer& layer : a.layers) largest = std::max(largest, numbers(layer));
  return largest;
}

}  // namespace sinkmoe::pretrained
