# Shared by the drills in tests/full: the program under test, a temporary folder (in memory if possible), and results as JSON
# files in build/full. scripts/reliability_table.sh makes docs/reliability.md from them.
# Sourced, never run. SINKMOE is the program; default: the last release build.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
sinkmoe="${SINKMOE:-$root/build/sinkmoe}"
results="${SINKMOE_RESULTS:-$root/build/full}"
mkdir -p "$results"
commit="$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
machine="$(nproc) cores of $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)"
cd "$root"
source tests/support/program.sh

# result NAME CODE JSON: one row for the table, with machine, commit and date.
result() {
  printf '{"name": "%s", "passed": %s, "date": "%s", "commit": "%s", "machine": "%s",\n "figures": %s}\n' \
    "$1" "$([ "$2" = 0 ] && echo true || echo false)" "$(date -u +%F)" "$commit" "$machine" "$3" >"$results/$1.json"
}

# drill NAME [ARGUMENT...]: runs the Python drill tests/full/NAME.py, which writes its own result.
drill() {
  command -v python3 >/dev/null || { echo "skipped: the drills need python3"; exit 77; }
  [ -x "$sinkmoe" ] || { echo "skipped: no program at $sinkmoe"; exit 77; }
  SINKMOE="$sinkmoe" SINKMOE_RESULTS="$results" SINKMOE_COMMIT="$commit" SINKMOE_MACHINE="$machine" \
    exec python3 "$root/tests/full/$1.py" "${@:2}"
}
