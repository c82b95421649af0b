#!/usr/bin/env bash
# Some of the faults of tests/full/faults.sh, in a worker.
# Cost: 40 short commands. Time: 20 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
[ -e "$(dirname "$(realpath "$sinkmoe")")/libfaults.so" ] || { echo "skipped: the fault library is not built"; exit 77; }
SINKMOE="$sinkmoe" SINKMOE_RESULTS="$work" python3 tests/full/faults.py --only 'run: worker' --most 1 --most-malloc 2 >"$work/log" 2>&1 || die "faults"
