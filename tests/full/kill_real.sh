#!/usr/bin/env bash
# KILLS (100) kills of real training, at random moments and at chosen calls. Expected: weights, moments and every metric have
# the bits of an uninterrupted sweep. Needs LibTorch.
# Cost: 10 minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
drill kills --body train --kills "${KILLS:-100}" --longest 6 --name kills_train
