// The choices in the configuration that are not plug-ins, each with its table of texts.
#pragma once

#include "core/names.h"

namespace sinkmoe::config {

enum class Mlp { gelu, swiglu, relu2 };
constexpr auto names_of(Mlp) {
  return names<Mlp>("feed-forward kind",
                    {{Mlp::gelu, "gelu"}, {Mlp::swiglu, "swiglu"}, {Mlp::relu2, "relu2"}});
}

enum class Positions { rotary, learned, none };
constexpr auto names_of(Positions) {
  return names<Positions>(
      "kind of positions",
      {{Positions::rotary, "rotary"}, {Positions::learned, "learned"}, {Positions::none, "none"}});
}

// When to choose the heads that the balance loss leaves out.
enum class SharedChoice { fixed, every_step };
constexpr auto names_of(SharedChoice) {
  return names<SharedChoice>("choice of shared heads", {{SharedChoice::fixed, "fixed"},
                                                        {SharedChoice::every_step, "every_step"}});
}

enum class Control { none, frozen_attention, shuffled_targets };
constexpr auto names_of(Control) {
  return names<Control>("control", {{Control::none, "none"},
                                    {Control::frozen_attention, "frozen_attention"},
                                    {Control::shuffled_targets, "shuffled_targets"}});
}

// What the backward pass computes again instead of keeping it.
enum class Recompute { none, layer };
constexpr auto names_of(Recompute) {
  return names<Recompute>("choice of recomputing",
                          {{Recompute::none, "none"}, {Recompute::layer, "layer"}});
}

// What the ranks of a run divide among them.
enum class Shard { none, optimizer };
constexpr auto names_of(Shard) {
  return names<Shard>("choice of sharding",
                      {{Shard::none, "none"}, {Shard::optimizer, "optimizer"}});
}

enum class LoraForm { joint, peft };
constexpr auto names_of(LoraForm) {
  return names<LoraForm>("form of adapters",
                         {{LoraForm::joint, "joint"}, {LoraForm::peft, "peft"}});
}

enum class Probes { none, terms, full };
constexpr auto names_of(Probes) {
  return names<Probes>("set of probes",
                       {{Probes::none, "none"}, {Probes::terms, "terms"}, {Probes::full, "full"}});
}

enum class Split { valid, test };
constexpr auto names_of(Split) {
  return names<Split>("split", {{Split::valid, "valid"}, {Split::test, "test"}});
}

enum class Device { cpu, cuda };
constexpr auto names_of(Device) {
  return names<Device>("device", {{Device::cpu, "cpu"}, {Device::cuda, "cuda"}});
}

enum class Precision { fp32, bf16 };
constexpr auto names_of(Precision) {
  return names<Precision>("precision", {{Precision::fp32, "fp32"}, {Precision::bf16, "bf16"}});
}

enum class Mode { exact, fast };
constexpr auto names_of(Mode) {
  return names<Mode>("mode", {{Mode::exact, "exact"}, {Mode::fast, "fast"}});
}

}  // namespace sinkmoe::config
