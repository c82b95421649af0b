#!/usr/bin/env bash
# KILLS (50) kills of a rank at random moments of a training on two ranks. Expected: a message names the rank, nothing is left
# running, and the same command ends with the bits of the undisturbed run. Needs LibTorch.
# Cost: 5 minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
SINKMOE="$sinkmoe" KILLS="${KILLS:-50}" bash tests/end_to_end/ranks.sh
