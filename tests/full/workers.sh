#!/usr/bin/env bash
# Eight workers, RUNS (500) short runs of the fake body, KILLS (200) workers killed and 40 more stopped beyond a lease of
# 2 s: every run is done exactly once, nothing is written by a worker that lost its lease.
# Cost: 5 minutes, one core half busy.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill workers --runs "${RUNS:-500}" --kills "${KILLS:-200}"
