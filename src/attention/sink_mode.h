// The kinds of sink in the softmax. Includes no LibTorch.
#pragma once

namespace sinkmoe::attention {

enum class SinkMode {
  none,       // plain attention; the gate is 1 everywhere and carries no gradient
  first_key,  // vanilla: G = 1 - weight on key 0 (E6), by the merge route: from the two logsumexps,
              // never 1 - A
  logit,  // learned sink logit per head without a value (E2, E7): G = sigma(LSE - s), output scaled
          // by G
};

}  // namespace sinkmoe::attention
