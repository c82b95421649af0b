#include "pretrained/architecture.h"

#include <algorithm>

namespace sinkmoe::pretrained {

namespace {

void add(std::vector<TensorRef>& out, std::initializer_list<const TensorRef*> refs) {
  for (const TensorRef* ref : refs)
    if (ref->exists()) out.push_back(*ref);
}

// Numbers in the part that the reference means.
int64_t numbers(const TensorRef& ref) {
  int64_t n = 1;
  for (const int64_t size : ref.shape) n *= size;
  return n / ref.parts;
}

}  // namespace

std::vector<TensorRef> tensors_of(const Layer& l) {
  std::vector<TensorRef> out;
  for (const Norm* norm : {&l.attention_norm, &l.attention_after, &l.query_norm, &l.key_norm,
                           &l.feed_norm, &l.feed_after})
    add(out, {&norm->weight, &norm->bias});
  for (const Linear* linear : {&l.query, &l.key, &l.value, &l.out, &l.gate, &l.up, &l.down})
    add(out, {&linear->weight, &linear->bias});
  add(out, {&l.sinks});
  return out;
}

std::vector<TensorRef> all_tensors(const Architecture& a) {
  std::vector<TensorRef> out;
  add(out, {&a.embedding, &a.positions});
  for (const Layer& layer : a.layers)
    for (TensorRef& ref : tensors_of(layer)) out.push_back(std::move(ref));
  add(out, {&a.final_norm.weight, &a.final_norm.bias, &a.unembedding.weight, &a.unembedding.bias});
  return out;
}

int64_t parameters(const Architecture& a) {
  int64_t sum = 0;
  for (const Layer& layer : a.layers)
    for (const TensorRef& ref : tensors_of(layer)) sum += numbers(ref);
  return sum;
}

int64_t largest_layer(const Architecture& a) {
  int64_t largest = 0;
  for (const Layer& layer : a.layers) {
    int64_t sum = 0;
    for (const TensorRef& ref : tensors_of(layer)) sum += numbers(ref);
    largest = std::max(largest, sum);
  }
  return largest;
}

}  // namespace sinkmoe::pretrained
