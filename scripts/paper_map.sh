#!/usr/bin/env bash
# Computes verdicts from stored runs. Writes those of all cells into docs/verdicts.json, and those of claims, tables and
# figures (C1, T1, F6, ...) into PAPER_MAP.md.
#
# scripts/paper_map.sh [DATABASE]
#   DATABASE  default results/reference.db
#
# Cost: none. Time: seconds. A claim with a verdict gets the state "run". Uses the program of the last release build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h | --help) help_text; exit 0 ;;
esac
db="$(realpath -m "${1:-$ROOT/results/reference.db}")"
cd "$ROOT"
[ -e "$db" ] || fail "$db does not exist"
[ -x build/sinkmoe ] || scripts/build.sh report-only sinkmoe
build/sinkmoe --db "$db" --json check >docs/verdicts.json.new || [ $? = 1 ] || { rm docs/verdicts.json.new; exit 2; }
mv docs/verdicts.json.new docs/verdicts.json
verdicts="$(build/sinkmoe --db "$db" check --claims || [ $? = 1 ])"

# "C7   what it says", then "     0 supported, 4 excluded, 2 undecided; 6 primary cells; main_table.grid": the first becomes
# column "What it says" of a claim, the second "0 supported, ...: 6 primary cells".
awk -v verdicts="$verdicts" '
  # "see C6, C10": a figure without cells of its own has the state "run" if all of these have it.
  function all_run(see,    names, n, i) {
    n = split(substr(see, 5), names, /, /)
    for (i = 1; i <= n; ++i) if (!(names[i] in text)) return 0
    return 1
  }
  BEGIN {
    count = split(verdicts, lines, "\n")
    for (i = 1; i <= count; ++i) {
      line = lines[i]
      if (line !~ /^ /) {
        claim = line; sub(/ .*/, "", claim)
        sub(/^[^ ]+ +/, "", line); says[claim] = line
        continue
      }
      sub(/^ +/, "", line)
      if (claim in seen) continue  # a third line says what is open
      seen[claim] = 1
      if (line ~ /^not run/) continue
      parts = split(line, part, /; /)
      text[claim] = parts > 1 ? part[1] ": " part[2] : part[1]
    }
  }
  /^## / { claims = $0 == "## Claims"; judged = $0 ~ /^## (Claims|Tables|Figures)/ }
  judged && match($0, /^\| [CTF][0-9]+ /) {
    claim = substr($0, 3, RLENGTH - 3)
    columns = split($0, cell, / \| /)
    if (claims && claim in says) cell[2] = says[claim]
    if (claim in text) {
      cell[columns - 1] = text[claim]
      cell[columns] = text[claim] ~ /^missing/ ? "not run |" : "run |"
    } else if (cell[columns - 1] ~ /^see /) cell[columns] = all_run(cell[columns - 1]) ? "run |" : "not run |"
    line = cell[1]
    for (i = 2; i <= columns; ++i) line = line " | " cell[i]
    print line
    next
  }
  { print }
' PAPER_MAP.md >PAPER_MAP.md.new
mv PAPER_MAP.md.new PAPER_MAP.md
git --no-pager diff --stat -- PAPER_MAP.md docs/verdicts.json 2>/dev/null || true
