# Shared by the drills of the full tier: the program under test, a folder of its own in memory where there is such a file
# system, and results as JSON files in build/full, from which scripts/reliability_table.sh makes docs/reliability.md.
# Sourced, never run. SINKMOE names the program; default: the last release build.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
sinkmoe="${SINKMOE:-$root/build/sinkmoe}"
results="${SINKMOE_RESULTS:-$root/build/full}"
mkdir -p "$results"
commit="$(git -C "$root" rev-parse --short=12 HEAD 2>/dev/null || echo unknown)"
machine="$(nproc) cores of $(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)"
cd "$root"

# result NAME CODE JSON: one row for the table, with where and when it came from.
result() {
  printf '{"name": "%s", "passed": %s, "date": "%s", "commit": "%s", "machine": "%s",\n "figures": %s}\n' \
    "$1" "$([ "$2" = 0 ] && echo true || echo false)" "$(date -u +%F)" "$commit" "$machine" "$3" >"$results/$1.json"
}

# drill NAME [ARGUMENT...]: a drill written in Python, tests/full/NAME.py; it writes its own result.
drill() {
  command -v python3 >/dev/null || { echo "skipped: the drills need python3"; exit 77; }
  [ -x "$sinkmoe" ] || { echo "skipped: no program at $sinkmoe"; exit 77; }
  SINKMOE="$sinkmoe" SINKMOE_RESULTS="$results" SINKMOE_COMMIT="$commit" SINKMOE_MACHINE="$machine" \
    exec python3 "$root/tests/full/$1.py" "${@:2}"
}
