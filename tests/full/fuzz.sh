#!/usr/bin/env bash
# Runs every libFuzzer target for SECONDS_EACH (600) seconds on its seeds, dictionary and the finds of earlier runs. Expected:
# no crash, no input over 5 s or 1 GB. Arguments are names of targets; default: all. Needs the fuzz preset (clang 19).
# Cost: 10 minutes of one core per target. FUZZ_JOBS (2) at a time.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
bin="${FUZZ_BIN:-$root/build-fuzz}"
[ -n "${FUZZ_BIN:-}" ] || "$root/scripts/build.sh" fuzz fuzz >&2
names=("$@")
if [ ${#names[@]} = 0 ]; then
  for file in "$root"/tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$file" _fuzz.cpp)"); done
fi

# fuzz_one NAME: runs one target and writes its result.
fuzz_one() {
  local name="$1" found="$root/build-fuzz/corpus/$1" log="$results/fuzz_$1.log" folder code=0 arguments=()
  mkdir -p "$found"
  arguments=("$found")
  for folder in "$root/tests/fuzz/seeds/$name" "$root/tests/fuzz/corpus/$name"; do
    [ ! -d "$folder" ] || arguments+=("$folder")
  done
  [ ! -e "$root/tests/fuzz/$name.dict" ] || arguments+=("-dict=$root/tests/fuzz/$name.dict")
  nice -n "${FUZZ_NICE:-15}" "$bin/fuzz_$name" -max_total_time="${SECONDS_EACH:-600}" -timeout=5 -rss_limit_mb=2048 -malloc_limit_mb=1024 \
    -artifact_prefix="$results/fuzz_$name-" -print_final_stats=1 "${arguments[@]}" >"$log" 2>&1 || code=$?
  local stat
  stat() { grep -oE "stat::$1:[ ]+[0-9]+" "$log" | grep -oE '[0-9]+$' || echo 0; }
  result "fuzz_$name" "$code" "{\"target\": \"$name\", \"seconds\": ${SECONDS_EACH:-600}, \"inputs\": $(stat number_of_executed_units),
    \"per_second\": $(stat average_exec_per_sec), \"slowest_s\": $(stat slowest_unit_time_sec), \"peak_mb\": $(stat peak_rss_mb),
    \"coverage\": $(grep -oE 'cov: [0-9]+' "$log" | tail -n 1 | grep -oE '[0-9]+' || echo 0), \"code\": $code}"
  return "$code"
}
export -f fuzz_one result
export root results bin commit machine
code=0
printf '%s\n' "${names[@]}" | xargs -P "${FUZZ_JOBS:-2}" -I{} bash -c 'fuzz_one {}' || code=$?
exit "$code"
