// Describes a pretrained decoder for the forward pass. A family fills this description from
// config.json, and nothing after that depends on the family. Letters: C width,
// H query heads, J key/value heads, K head width, F feed-forward width, V vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sinkmoe::pretrained {

// A tensor of the checkpoint, or a part of one. `shape` is the shape that the file must have.
struct TensorRef {
  std::string name;  // empty: the model has no such tensor
  std::vector<int64_t> shape;
  // The file holds the matrix as [in, out] instead of [out, in].
  bool transposed = false;
  // Rows (after transposing) are numbered [groups, parts, rows of a part]; this is part number
  // `part`. 3 parts in 1 group: all of q, then k, then v. 3 parts in H groups: q, k, v of each
  // head.
  int64_t groups = 1, parts = 1, part = 0;
  std::string older_name = {};  // the name that other versions of the exporter use
  bool bytes = false;           // U8 instead of floating numbers

  bool exists() const { return !name.empty(); }
};

struct Linear {
  TensorRef weight, bias;  // weight [out, in]
};

struct Norm {
  TensorRef weight, bias;
  bool exists() const { return weight.exists(); }
};

// The matrices of all experts of a layer, in one of two forms: `weight` [experts, in, out], or
// 4-bit numbers (MXFP4): `blocks` [experts, out, in / 32, 16] with two numbers per byte, and
// `scales` [experts, out, in / 32].
struct ExpertMatrices {
  TensorRef weight, blocks, scales, bias;  // bias [experts, out]
};

// A feed-forward layer with a gate: down(silu(gate x) up x).
struct GatedFeed {
  Linear gate, up, down;
};

// A feed-forward layer of experts; each token goes through `used` of them, with the shares of a
// softmax. One of two forms: all matrices together (output columns of `gate_up` alternate between gate
// and up), or matrices of their own for `each` expert.
struct Experts {
  int64_t count = 0, used = 0, width = 0;  // width: F of an expert
  bool over_chosen = true;                 // the softmax is over the chosen ones, not over all
  Linear router;
  double slope = 1, limit = 0;  // gate x sigmoid(slope x gate) x (up + 1), both clamped to `limit`
  ExpertMatrices gate_up, down;
  std::vector<GatedFeed> each;
  GatedFeed shared;    // for every token, times the sigmoid of
  Linear shared_gate;  // [1, C]
};

// Linear attention by the gated delta rule (Yang, Kautz and Hatamizadeh, 2024). The state of a value
// head is a matrix, which every token shrinks and corrects. There is no softmax, so there is no sink.
// Each key head serves value_heads / key_heads value heads in a row.
struct DeltaNet {
  int64_t key_heads = 0, value_heads = 0, key_width = 0, value_width = 0, kernel = 0;
  Linear in;              // of each key head: q, k, then v and z of its value heads
  Linear rates;           // of each key head: b and a of its value heads
  TensorRef convolution;  // [channels of q, k and v, 1, kernel], over the last `kernel` tokens
  TensorRef log_decay, step_bias;  // [value heads]
  TensorRef norm;                  // [value width]
  Linear out;
  bool exists() const { return value_heads > 0; }
};

// Angle of pair (i, i + n) at position t: t * frequency[i], with n the number of frequencies.
// Channels beyond 2 n are not rotated.
struct Rotary {
  std::vector<double> frequency;
  double amplitude = 1;  // multiplies sine and cosine
};

struct Layer {
  // Norms before and after the two branches; a family may lack some of them.
  Norm attention_norm, attention_after, feed_norm, feed_after;
  Linear query, key, value, out;
  Norm query_norm, key_norm;
  TensorRef sinks;   // [H] learned sink logits
  Linear head_gate;  // of the layer's normed input: [H, C], or [H K, C] with a gate per channel
  Linear gate, up, down;  // a plain feed-forward layer has no gate
  Experts experts;        // count 0: a dense layer
  DeltaNet delta;         // in the place of softmax attention
  int64_t window = 0;     // number of keys that a query sees, itself included; 0: all
  int rotary = 0;         // index into Architecture::rotary; -1: no positions in this layer
};

enum class NormKind {
  rms,
  rms_plus_one,
  layer
};  // rms_plus_one: the file stores the weights minus 1
enum class Activation { silu, gelu, gelu_tanh, relu, relu2 };

struct Architecture {
  std::string family;
  int64_t width = 0, heads = 0, kv_heads = 0, head_width = 0, feed = 0, vocabulary = 0;
  int64_t max_positions = 0;  // from the config; longer rows are refused
  NormKind norm = NormKind::rms;
  double norm_eps = 1e-6;
  bool norm_all_heads = false;  // QK-norm over all heads together instead of each head
  Activation activation = Activation::silu;
  bool parallel = false;   // both branches read the layer's input
  double score_scale = 0;  // of q.k; 1 / sqrt(K) in most families
  double embedding_scale = 1;
  std::vector<Rotary> rotary;
  TensorRef embedding, positions;  // positions: learned, [max_positions, C]
  Norm final_norm;
  Linear unembedding;  // the embedding's tensor if they are tied
  bool tied = false;
  int64_t bos = -1;  // id of the BOS token; -1: none in the config
  std::vector<Layer> layers;
  std::string prefix;  // of most names; missing in files without the output matrix
  // Name endings of tensors that follow from the config (masks, frequencies) and are not read.
  std::vector<std::string> derived = {".rotary_emb.inv_freq"};
  std::vector<std::string> other_parts = {};  // name beginnings of tensors of a vision part
};

// Calls f(reference) for every tensor of the layer or model, in the order of a forward pass.
template <class LayerOf, class F>
void for_each_tensor_of(LayerOf& l, const F& f) {
  for (auto* norm : {&l.attention_norm, &l.attention_after, &l.query_norm, &l.key_norm,
                     &l.feed_norm, &l.feed_after})
    for (auto* ref : {&norm->weight, &norm->bias})
      if (ref->exists()) f(*ref);
  for (auto* linear : {&l.query, &l.key, &l.value, &l.head_gate, &l.out, &l.gate, &l.up, &l.down})
    for (auto* ref : {&linear->weight, &linear->bias})
      if (ref->exists()) f(*ref);
  if (l.sinks.exists()) f(l.sinks);
  auto& d = l.delta;
  for (auto* ref : {&d.in.weight, &d.rates.weight, &d.convolution, &d.log_decay, &d.step_bias,
                    &d.norm, &d.out.weight})
    if (ref->exists()) f(*ref);
  auto& e = l.experts;
  for (auto& expert : e.each)
    for (auto* linear : {&expert.gate, &expert.up, &expert.down}) f(linear->weight);
  for (auto* ref :
       {&e.shared.gate.weight, &e.shared.up.weight, &e.shared.down.weight, &e.shared_gate.weight})
    if (ref->exists()) f(*ref);
  for (auto* ref :
       {&e.router.weight, &e.router.bias, &e.gate_up.weight, &e.gate_up.blocks, &e.gate_up.scales,
        &e.gate_up.bias, &e.down.weight, &e.down.blocks, &e.down.scales, &e.down.bias})
    if (ref->exists()) f(*ref);
}

template <class Model, class F>
void for_each_tensor(Model& a, const F& f) {
  for (auto* ref : {&a.embedding, &a.positions})
    if (ref->exists()) f(*ref);
  for (auto& layer : a.layers) for_each_tensor_of(layer, f);
  for (auto* ref :
       {&a.final_norm.weight, &a.final_norm.bias, &a.unembedding.weight, &a.unembedding.bias})
    if (ref->exists()) f(*ref);
}

// Number of weights in the whole model; number of weights that each token uses.
int64_t parameters(const Architecture& a);
int64_t active_parameters(const Architecture& a);
// Bytes of the largest layer in memory: fp32, experts in their stored type.
int64_t largest_layer_bytes(const Architecture& a);

}  // namespace sinkmoe::pretrained
