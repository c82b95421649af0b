# Shared by the end-to-end tests: a temporary folder, the program under test, and assertions.
# Sourced, never run. SINKMOE is the program; default: the last release build.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
sinkmoe="${SINKMOE:-$root/build/sinkmoe}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
[ -x "$sinkmoe" ] || { echo "skipped: no program at $sinkmoe"; exit 77; }
cd "$root"
source tests/support/program.sh
export SINKMOE_LOCAL=off  # private sweeps and figures change no test

die() {
  printf 'FAILED: %s\n' "$1" >&2
  [ ! -s "$work/log" ] || tail -n 20 "$work/log" >&2
  exit 1
}

