#!/usr/bin/env bash
# Builds and tests everything, in stages. The last line is "N passed, N failed, N skipped" (test cases and stages).
#
# scripts/test.sh [--full] [STAGE...]
#   --full   also every script of tests/full/, for releases: hours
#   STAGE    only these stages: build unit asan asan-torch tsan fuzz cuda end-to-end tables style full
#
# Stages: build and unit tests (cpu-release); address and undefined-behaviour sanitizers on the half without LibTorch, then
# on a small LibTorch program; thread sanitizer on store and queue; each fuzz target for 20 s; compiling and linking the CUDA
# preset (if nvcc is installed); end-to-end tests of the program; the tables of the reference database, made by the program
# without LibTorch; format. --full also runs clang-tidy on every module.
# Cost: 4 GB of disk. Time: under 30 minutes cold on two cores, under 12 with a warm ccache.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

STAGES=(build unit asan asan-torch tsan fuzz cuda end-to-end tables style)
LOGS="$ROOT/build/test-logs"
SKIP_CODE=77
passed=0 failed=0 skipped=0
failures=()

wanted=()
for argument in "$@"; do
  case "$argument" in
    -h | --help) help_text; exit 0 ;;
    --full) STAGES+=(full) ;;
    build | unit | asan | asan-torch | tsan | fuzz | cuda | end-to-end | tables | style | full) wanted+=("$argument") ;;
    *) fail "unknown argument '$argument'" "see scripts/test.sh --help" ;;
  esac
done
[ ${#wanted[@]} -eq 0 ] || STAGES=("${wanted[@]}")

# count NAME CODE: counts one result.
count() {
  case "$2" in
    0) passed=$((passed + 1)) ;;
    "$SKIP_CODE") skipped=$((skipped + 1)) ;;
    *)
      failed=$((failed + 1))
      failures+=("$1")
      ;;
  esac
}

# run_ctest PRESET [CTEST ARGUMENT...]: counts every test case.
run_ctest() {
  local preset="$1" report="$LOGS/$1.xml" code=0 name
  shift
  rm -f "$report"
  ctest --test-dir "$ROOT/build-$preset" -j "$(jobs)" --progress --output-on-failure --no-tests=error \
    --output-junit "$report" "$@" || code=$?
  if [ ! -s "$report" ]; then
    count "ctest of $preset" 1
    return 0
  fi
  local cases bad not_run
  read -r cases bad not_run < <(sed -nE \
    '/<testsuite/,/>/{s/.*tests="([0-9]+)".*/T \1/;s/.*failures="([0-9]+)".*/F \1/;s/.*skipped="([0-9]+)".*/S \1/;p}' \
    "$report" | awk '{v[$1] = $2} END {print v["T"] + 0, v["F"] + 0, v["S"] + 0}')
  passed=$((passed + cases - bad - not_run))
  failed=$((failed + bad))
  skipped=$((skipped + not_run))
  while read -r name; do failures+=("$preset: $name"); done < <(
    sed -nE 's/.*<testcase name="([^"]*)".*status="fail".*/\1/p' "$report")
  [ "$code" = 0 ] || [ "$bad" -gt 0 ] || count "ctest of $preset" "$code"
}

stage_build() { "$ROOT/scripts/build.sh" cpu-release; }

stage_unit() { run_ctest cpu-release; }

stage_asan() {
  "$ROOT/scripts/build.sh" asan-ubsan || return 1
  ASAN_OPTIONS=detect_stack_use_after_return=1 UBSAN_OPTIONS=print_stacktrace=1 run_ctest asan-ubsan
}

# LibTorch has leaks of its own, so leak detection is used on the other half only.
stage_asan-torch() {
  "$ROOT/scripts/build.sh" asan-torch test_balance || return 1
  ASAN_OPTIONS=detect_leaks=0 run_ctest asan-torch -R '^balance\.'
}

stage_tsan() {
  local targets=() module
  for module in store queue; do
    if compgen -G "$ROOT/tests/$module/*_test.cpp" >/dev/null; then targets+=("test_$module"); fi
  done
  [ ${#targets[@]} -gt 0 ] || { note "skipped: no tests of store or queue"; return "$SKIP_CODE"; }
  "$ROOT/scripts/build.sh" tsan "${targets[@]}" || return 1
  TSAN_OPTIONS=halt_on_error=1 run_ctest tsan -R '^(store|queue)\.'
}

stage_fuzz() {
  compgen -G "$ROOT/tests/fuzz/*_fuzz.cpp" >/dev/null || { note "skipped: no fuzz targets"; return "$SKIP_CODE"; }
  "$ROOT/scripts/build.sh" fuzz fuzz || return 1
  local source name code names=()
  for source in "$ROOT"/tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$source" _fuzz.cpp)"); done
  export -f fuzz_one
  export ROOT LOGS
  local codes="$LOGS/fuzz.codes"
  : >"$codes"
  # shellcheck disable=SC2016
  printf '%s\n' "${names[@]}" | xargs -P "$(jobs)" -I{} bash -c 'code=0; fuzz_one {} || code=$?; echo "{} $code" >>"$0"' "$codes"
  while read -r name code; do count "fuzz target $name (log: build/test-logs/fuzz_$name.log)" "$code"; done <"$codes"
}

# fuzz_one NAME: 20 s on seeds, dictionary and the finds of earlier runs; a crash leaves its input beside the log.
fuzz_one() {
  local found="$ROOT/build-fuzz/corpus/$1" words="$ROOT/tests/fuzz/$1.dict" seeds arguments=()
  mkdir -p "$found"
  arguments=("$found")
  for seeds in "$ROOT/tests/fuzz/seeds/$1" "$ROOT/tests/fuzz/corpus/$1"; do
    [ ! -d "$seeds" ] || arguments+=("$seeds")
  done
  [ ! -e "$words" ] || arguments+=("-dict=$words")
  if "$ROOT/build-fuzz/fuzz_$1" -max_total_time="${SINKMOE_FUZZ_SECONDS:-20}" -timeout=5 -rss_limit_mb=2048 \
    -malloc_limit_mb=1024 -artifact_prefix="$LOGS/$1-" -verbosity=1 "${arguments[@]}" >"$LOGS/fuzz_$1.log" 2>&1; then
    echo "   fuzz_$1: $(grep -oE '#[0-9]+[[:space:]]+DONE' "$LOGS/fuzz_$1.log" | grep -oE '[0-9]+') inputs, no crash"
  else
    echo "   fuzz_$1: FAILED"
    tail -n 30 "$LOGS/fuzz_$1.log"
    return 1
  fi
}

# The next checks use the CPU program again, because a build of another preset has replaced it.
back_to_cpu_program() { ln -sfn ../build-cpu-release/sinkmoe "$ROOT/build/sinkmoe"; }

stage_cuda() {
  command -v nvcc >/dev/null || [ -x /usr/local/cuda/bin/nvcc ] || { note "skipped: no nvcc"; return "$SKIP_CODE"; }
  "$ROOT/scripts/build.sh" cuda-release sinkmoe || return 1
  back_to_cpu_program
}

# run_scripts FOLDER: each *.sh is one check; exit code 77 means "skipped".
run_scripts() {
  local script code started
  for script in "$ROOT/$1"/*.sh; do
    [ -e "$script" ] && [ "$(basename "$script")" != common.sh ] || continue
    started=$SECONDS code=0
    note "$(basename "$script" .sh) ..."
    SINKMOE="$ROOT/build-cpu-release/sinkmoe" bash "$script" </dev/null || code=$?
    note "$(basename "$script" .sh): $(verdict "$code"), $(duration $((SECONDS - started)))"
    count "$1/$(basename "$script")" "$code"
  done
}

stage_end-to-end() { run_scripts tests/end_to_end; }

stage_tables() {
  "$ROOT/scripts/build.sh" report-only sinkmoe || return 1
  back_to_cpu_program
  SINKMOE="$ROOT/build-report-only/sinkmoe" bash "$ROOT/tests/end_to_end/reference.sh"
}

stage_full() { run_scripts tests/full && "$ROOT/scripts/reliability_table.sh" && "$ROOT/scripts/check.sh" --all; }
stage_style() { "$ROOT/scripts/check.sh" --quick; }

verdict() {
  case "$1" in
    0) echo passed ;;
    "$SKIP_CODE") echo skipped ;;
    *) echo FAILED ;;
  esac
}

mkdir -p "$LOGS"
"$ROOT/scripts/setup.sh" --dev </dev/null
number=0
for stage in "${STAGES[@]}"; do
  number=$((number + 1))
  say "stage $number/${#STAGES[@]}: $stage"
  started=$SECONDS code=0 before=$failed
  "stage_$stage" </dev/null || code=$?
  count "stage $stage" "$code"
  [ "$failed" = "$before" ] || [ "$code" != 0 ] || code=1
  say "stage $stage: $(verdict "$code"), $(duration $((SECONDS - started)))"
done
for name in "${failures[@]}"; do printf 'FAILED: %s\n' "$name"; done
echo "time: $(duration $SECONDS)"
summary="$passed passed, $failed failed"
[ "$skipped" = 0 ] || summary+=", $skipped skipped"
echo "$summary"
[ "$failed" = 0 ]
