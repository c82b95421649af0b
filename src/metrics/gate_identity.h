// Claim C1: the gate of a variant equals the share of the values that a head passes on.
#pragma once

#include "attention/mixer.h"

namespace sinkmoe::metrics {

// Largest |out - gate| over rows, tokens and heads, computed with every value set to 1 and the
// sink's value to 0. Each output channel is then 1 minus the weight on the sink (E5, E19), times
// the explicit gate if there is one. `out` belongs to `in`. An elementwise gate is compared by its
// mean over channels. Position 0 of each row is left out. No gradients.
double gate_identity_error(const attention::HeadIn& in, const attention::HeadOut& out,
                           const attention::HeadMixer& mixer);

}  // namespace sinkmoe::metrics
