#include "pretrained/architecture.h"

#include <algorithm>

namespace sinkmoe::pretrained {

namespace {

int64_t size_of(const TensorRef& ref) {
  int64_t n = 1;
  for (const int64_t size : ref.shape) n *= size;
  return n;
}

// Number of weights of a layer without its experts.
int64_t dense_numbers(const Layer& layer) {
  int64_t sum = 0;
  for_each_tensor_of(layer, [&](const TensorRef& ref) {
    if (!ref.bytes && ref.shape.size() < 3) sum += size_of(ref) / ref.parts;
  });
  for (const GatedFeed& expert : layer.experts.each)
    for (const Linear* linear : {&expert.gate, &expert.up, &expert.down})
      sum -= size_of(linear->weight);
  return sum;
}

int64_t one_expert(const Architecture& a, const Layer& layer) {
  return 3 * a.width * layer.experts.width;
}

}  // namespace

int64_t parameters(const Architecture& a) {
  int64_t sum = 0;
  for (const Layer& layer : a.layers)
    sum += dense_numbers(layer) + layer.experts.count * one_expert(a, layer);
  return sum;
}

int64_t active_parameters(const Architecture& a) {
  int64_t sum = 0;
  for (const Layer& layer : a.layers)
    sum += dense_numbers(layer) + layer.experts.used * one_expert(a, layer);
  return sum;
}

int64_t largest_layer_bytes(const Architecture& a) {
  int64_t largest = 0;
  for (const Layer& layer : a.layers) {
    int64_t bytes = 4 * dense_numbers(layer);
    for (const ExpertMatrices* m : {&layer.experts.gate_up, &layer.experts.down}) {
      if (m->weight.exists()) bytes += 4 * size_of(m->weight);
      if (m->blocks.exists()) bytes += size_of(m->blocks) + size_of(m->scales);
    }
    for (const GatedFeed& expert : layer.experts.each)
      for (const Linear* linear : {&expert.gate, &expert.up, &expert.down})
        bytes += 4 * size_of(linear->weight);
    largest = std::max(largest, bytes);
  }
  return largest;
}

}  // namespace sinkmoe::pretrained
