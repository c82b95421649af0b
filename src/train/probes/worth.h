// What single heads and layers are worth (the increase of the loss without them), and whether other
// numbers of the heads rank them as their worth does.
#pragma once

#include "train/probes/ablation.h"

namespace sinkmoe::train {

// Adds head/ablation, its sums and CVs, the number of useful heads, and the rank correlation of
// each criterion with worth.
void add_worth(ProbeRowWriter& rows, Ablation& ablation, const Criteria& criteria_LH);

}  // namespace sinkmoe::train
