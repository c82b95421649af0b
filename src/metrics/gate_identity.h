// C1: the gate that a variant returns is the share of the values that a head passes on.
#pragma once

#include "attention/mixer.h"

namespace sinkmoe::metrics {

// Largest |out - gate| over rows, tokens and heads when every value is 1, but 0 for the sink: then
// each output channel is 1 minus the weight on the sink (E5, E19), times the explicit gate where
// there is one, by the route of the outputs. `out` belongs to `in`; an elementwise gate is compared
// in its mean over channels. Row position 0 is left out. No gradients.
double gate_identity_error(const attention::HeadIn& in, const attention::HeadOut& out,
                           const attention::HeadMixer& mixer);

}  // namespace sinkmoe::metrics
