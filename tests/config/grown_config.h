// The configuration of a later program: the same sections, one more field with a neutral default.
#pragma once

#include <concepts>
#include <type_traits>

#include "config/field_view.h"

namespace sinkmoe::config {

struct GrownTrain : TrainConfig {
  double dropout = 0;
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, GrownTrain>
void fields(C& c, F&& f) {
  using Base = std::conditional_t<std::is_const_v<C>, const TrainConfig, TrainConfig>;
  f({"dropout", "share of activations set to 0", "", 0, 1}, c.dropout);
  fields(static_cast<Base&>(c), f);
}

struct GrownConfig {
  ModelConfig model;
  AttentionConfig attention;
  BalanceConfig balance;
  DataConfig data;
  GrownTrain train;
  EvalConfig eval;
  RunSection run;
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, GrownConfig>
void sections(C& c, F&& f) {
  f("model", c.model);
  f("attention", c.attention);
  f("balance", c.balance);
  f("data", c.data);
  f("train", c.train);
  f("eval", c.eval);
  f("run", c.run);
}

}  // namespace sinkmoe::config
