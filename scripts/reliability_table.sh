#!/usr/bin/env bash
# Writes docs/reliability.md from the results of tests/full/ in build/full/.
#
# scripts/reliability_table.sh
#
# Cost: none; `scripts/test.sh --full` runs the tests and then this script. Time: 1 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h | --help) help_text; exit 0 ;;
esac
command -v python3 >/dev/null || fail "python3 is not installed" "apt-get install python3"
compgen -G "$ROOT/build/full/*.json" >/dev/null || fail "there are no results in build/full" "scripts/test.sh --full"
python3 "$ROOT/tests/full/table.py"
say "docs/reliability.md"
