#!/usr/bin/env bash
# A few of the faults of tests/full/faults.sh: failing writes, syncs, renames, allocations in nine commands.
# Cost: 300 short commands. Time: 20 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }
[ -e "$(dirname "$(realpath "$sinkmoe")")/libfaults.so" ] || { echo "skipped: the fault library is not built"; exit 77; }
SINKMOE="$sinkmoe" SINKMOE_RESULTS="$work" python3 tests/full/faults.py --most 2 --most-malloc 4 >"$work/log" 2>&1 || die "faults"
SINKMOE="$sinkmoe" SINKMOE_RESULTS="$work" python3 tests/full/sql.py --statements 40 >"$work/log" 2>&1 || die "sql"
