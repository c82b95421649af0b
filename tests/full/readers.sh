#!/usr/bin/env bash
# Programs that hold the database while real training runs: a pager left open on a query for HOLD (120) seconds; then holds during
# which everything is killed, or asked to stop. Expected: the sweep goes on, others can read, no run is made twice, and the rows are
# those of an undisturbed sweep. Needs LibTorch.
# Cost: 5 minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
drill readers --hold "${HOLD:-120}" --kills "${KILLS:-5}"
