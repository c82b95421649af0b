#!/usr/bin/env bash
# Eight workers and RUNS (500) short runs of the fake job; KILLS (200) workers are killed, and 40 more are stopped until their
# lease of 2 s has expired. Expected: every run is done exactly once, and a worker that lost its lease writes nothing.
# Cost: 5 minutes, one core half busy.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill workers --runs "${RUNS:-500}" --kills "${KILLS:-200}"
