#!/usr/bin/env bash
# KILLS (1000) kills of sweeps of the fake job, at random moments and at chosen calls: inside checkpoint, commit, claim,
# merge and migration. Expected: nothing committed is lost, and every sweep ends with the bits of an uninterrupted one.
# Cost: 5 minutes, one core half busy.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill kills --kills "${KILLS:-1000}"
