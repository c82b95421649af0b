// What a balance loss declares about itself, in plain types. Also available in a program without
// LibTorch.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/run_config.h"

namespace sinkmoe::balance {
class BalanceLoss;  // balance/balance.h
}

namespace sinkmoe::config {

struct LossKind {
  static constexpr const char* kind = "loss";
  std::string name, help;
  // The value for one layer of equal heads, which must be the minimum of the loss. nullopt: the
  // loss does not pull towards equal heads.
  std::optional<double> at_equality;
  std::vector<Option> options = {};  // options_of<Options>()
  // Empty in a program without LibTorch.
  std::function<std::unique_ptr<balance::BalanceLoss>(const RunConfig&)> make = {};
};

}  // namespace sinkmoe::config
