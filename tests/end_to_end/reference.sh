#!/usr/bin/env bash
# The reference database: its report has no gap, the copies in docs/ equal its output, and cells recomputed from raw rows
# agree to the printed digits. Skipped if there is no results/reference.db.
# Time: 30 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
db="$root/results/reference.db"
[ -e "$db" ] || { echo "skipped: there is no results/reference.db"; exit 77; }
before="$(sha256sum "$db")"

"$sinkmoe" --db "$db" report --out "$work/out" >"$work/log" 2>&1 || die "report"
for copy in docs/figures/*.*.svg docs/tables/*.md; do
  [ -e "$copy" ] || continue
  cmp -s "$copy" "$work/out/$(basename "$copy")" || die "$copy is not what results/reference.db gives: scripts/reproduce.sh tables --update"
done
if [ -e docs/verdicts.json ]; then
  "$sinkmoe" --db "$db" check --found docs/verdicts.json >"$work/log" 2>&1 || die "verdicts are not those of docs/verdicts.json"
fi
expect "the database after reading" "$(sha256sum "$db")" "$before"

command -v python3 >/dev/null || { echo "skipped in part: no python3 to recompute cells with"; exit 77; }
python3 tests/report/recompute.py "$db" "$work/out" >"$work/log" 2>&1 || die "cells recomputed from raw rows differ"
"$sinkmoe" --db "$db" --json check >"$work/verdicts.json" 2>"$work/log" || [ $? = 1 ] || die "check --json"
python3 tests/report/recompute_verdicts.py "$db" "$work/verdicts.json" >"$work/log" 2>&1 ||
  die "verdicts recomputed from raw rows differ"
