#!/usr/bin/env bash
# KILLS (1000) kills of sweeps of the fake body: at random moments and at chosen calls, inside checkpoint, commit, claim,
# merge and migration. Nothing committed is lost; every sweep ends with the bits of one that was never cut.
# Cost: 5 minutes, one core half busy.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill kills --kills "${KILLS:-1000}"
