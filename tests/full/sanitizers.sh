#!/usr/bin/env bash
# Runs the tests of the half without LibTorch under the address and undefined-behaviour sanitizers, and those of store and
# queue under the thread sanitizer. Expected: no report. (`scripts/test.sh` also runs a small LibTorch program under the
# first two.)
# Cost: two builds of a few minutes, 10 minutes of tests.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# suite PRESET NAME CTEST ARGUMENT...: runs one suite and writes its result.
suite() {
  local preset="$1" name="$2" log="$results/$2.log" code=0 cases
  shift 2
  ctest --test-dir "$root/build-$preset" -j 2 --timeout 600 --no-tests=error --output-on-failure "$@" >"$log" 2>&1 || code=$?
  cases="$(sed -nE 's/.*tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\2 \1/p' "$log")"
  local reports
  reports="$(grep -cE 'ERROR: AddressSanitizer|runtime error:|WARNING: ThreadSanitizer|ERROR: LeakSanitizer' "$log" || true)"
  echo "$name: ${cases:-none} (tests, failed), $reports reports"
  result "$name" "$code" "{\"preset\": \"$preset\", \"tests\": ${cases% *}, \"failed\": ${cases#* }, \"reports\": $reports}"
  [ "$code" = 0 ] || tail -n 30 "$log"
  return "$code"
}

code=0
"$root/scripts/build.sh" asan-ubsan >&2
ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 suite asan-ubsan sanitizers_address || code=1
"$root/scripts/build.sh" tsan test_store test_queue >&2
TSAN_OPTIONS=halt_on_error=1 suite tsan sanitizers_thread -R '^(store|queue)\.' || code=1
exit "$code"
