#!/usr/bin/env bash
# What must be known of a GPU within a quarter of an hour: do the programs load, are the kernels right, how fast are they, and as
# much of the sweep as the time allows. Stages have time limits; a stage that fails keeps no other from running.
#
# scripts/device_check.sh [--rehearse] [--budget SECONDS] [--out FOLDER] [--pack ARCHIVE] [STAGE...]
#   --rehearse  on a machine without a GPU: each stage runs what a CPU can do, in small, and says what it leaves out;
#               stages have four times their limits, because a GPU machine has more cores
#   --budget    ends within this many seconds (default: 560, for a rehearsal 2240)
#   --out       results (default: $OUT, else build/device/out): report.md, a log of each stage, device.db
#   --python    the Python whose PyTorch is used (default: python3)
#   --pack      what scripts/device_pack.sh made (default: build/device/pack.tar.xz)
#   STAGE       only these: load tests runs sanitizer speed large peer kernels pilot sweep
#
# Cost: 0.3 GB of disk. Time: at most the budget; a rehearsal takes some minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

STAGES=(load tests runs sanitizer speed large peer kernels pilot sweep)
declare -A LIMIT=([load]=30 [tests]=90 [runs]=40 [sanitizer]=60 [speed]=90 [large]=40 [peer]=110 [kernels]=75 [pilot]=120 [sweep]=600)
rehearse=no budget="" slow=1 python="$(command -v python3 || true)" out="${OUT:-$ROOT/build/device/out}" pack="$ROOT/build/device/pack.tar.xz" inner="" wanted=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help_text; exit 0 ;;
    --rehearse) rehearse=yes ;;
    --budget | --out | --pack | --python | --stage)
      [ $# -gt 1 ] || fail "$1 needs a value"
      case "$1" in
        --budget) budget="$2" ;;
        --out) out="$(realpath -m "$2")" ;;
        --pack) pack="$(realpath -m "$2")" ;;
        --python) python="$2" ;;
        --stage) inner="$2" ;;  # one stage in this process: how the script calls itself under a time limit
      esac
      shift
      ;;
    -*) fail "unknown argument '$1'" "see scripts/device_check.sh --help" ;;
    *) [ -n "${LIMIT[$1]:-}" ] || fail "unknown stage '$1'" "stages: ${STAGES[*]}"; wanted+=("$1") ;;
  esac
  shift
done
[ ${#wanted[@]} -eq 0 ] || STAGES=("${wanted[@]}")
[ "$rehearse" = no ] || slow=4
budget="${budget:-$((560 * slow))}"
case "$budget" in '' | *[!0-9]*) fail "--budget takes seconds, not '$budget'" ;; esac
[ -n "$inner" ] || mkdir -p "$out" || fail "cannot write $out"

place="$ROOT/build/device/unpacked"
tables="$out/report.md" db="$out/device.db"
device=cuda
[ "$rehearse" = no ] || device=cpu
site="$([ -z "$python" ] || "$python" -c 'import os, torch; print(os.path.dirname(os.path.dirname(torch.__file__)))' 2>/dev/null || true)"
export LD_LIBRARY_PATH="$place/pack/lib${site:+:$site/torch/lib:$site/nvidia/cu13/lib}${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
bin="$place/pack/bin"
export SINKMOE_LOCAL=off

row() { printf '| %s |\n' "$(printf '%s' "$*" | sed 's/  */ /g')" >>"$tables"; }
head_row() {
  echo >>"$tables"
  row "$1"
  # shellcheck disable=SC2001
  row "$(sed 's/[^|]*/ --- /g' <<<"$1")"
}
leave_out() { echo "left out: $1"; printf '\nLeft out: %s.\n' "$1" >>"$tables"; }

# bench NAME ARGUMENT...: three rounds of step_bench as a row: name, median tokens/s, range, loss.
bench() { rounds "$1" "$bin/step_bench" --device "$device" "${@:2}"; }
peer_rounds() { rounds "$1" "$python" "$place/pack/tests/bench/gpu_peer.py" --device "$device" "${@:2}"; }
rounds() {
  local name="$1" text
  shift
  text="$(printf '\n\n\n' | "$@" 2>"$out/stderr.log" | grep tokens_per_s)" || true
  printf '%s: %s\n' "$name" "$text"
  cat "$out/stderr.log"
  if [ "$(wc -l <<<"$text")" -lt 3 ]; then row "$name | failed: $(tail -n 1 "$out/stderr.log" | tr -d '|' | cut -c1-120) | | "; return 1; fi
  sed -E 's/.*"tokens_per_s": ?([0-9.e+]+).*/\1/' <<<"$text" | sort -g >"$out/rates"
  row "$name | $(printf '%.0f' "$(sed -n 2p "$out/rates")") | $(printf '%.0f' "$(head -1 "$out/rates")") to $(printf '%.0f' "$(tail -1 "$out/rates")") |" \
    "$(tail -1 <<<"$text" | sed -E 's/.*"loss": ?([-0-9.e+]+|null).*/\1/')"
}

stage_load() {
  local bad=0 program
  [ -f "$pack" ] || { echo "no $pack: scripts/device_pack.sh makes it"; return 1; }
  rm -rf "$place"
  mkdir -p "$place"
  tar -C "$place" -xf "$pack" || { echo "cannot unpack $pack"; return 1; }
  head_row "what | result"
  row "commit | $(cat "$place/pack/commit")"
  row "system | $(sed -n 's/^PRETTY_NAME=//p' /etc/os-release | tr -d '"'), $(nproc) cores"
  row "driver | $(nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>/dev/null || echo none)"
  row "PyTorch | $([ -n "$site" ] && "$python" -c 'import torch; print(torch.__version__)' 2>/dev/null || echo none)"
  for program in "$bin"/*; do
    if ldd "$program" | grep 'not found'; then bad=1; row "$(basename "$program") | libraries missing"; fi
  done
  (cd "$place/pack" && "$bin/sinkmoe" doctor 2>&1 | head -20)
  [ "$bad" = 0 ] && row "libraries | all resolve"
  if [ "$device" = cuda ] && [ -n "$site" ]; then
    "$python" - <<'PY' >"$out/roofs"
import time, torch
def best(f, n=20):
    f(); torch.cuda.synchronize(); t = []
    for _ in range(n):
        s = time.perf_counter(); f(); torch.cuda.synchronize(); t.append(time.perf_counter() - s)
    return min(t)
a = torch.empty(1 << 30, dtype=torch.uint8, device="cuda"); b = torch.empty_like(a)
print(f"copy | {2 * a.numel() / best(lambda: b.copy_(a)) / 1e12:.2f} TB/s")
x = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16); y = torch.randn_like(x)
print(f"bf16 product 8192^3 | {2 * 8192**3 / best(lambda: x @ y) / 1e12:.0f} TFLOP/s")
PY
    while read -r line; do row "$line"; done <"$out/roofs"
  else
    leave_out "copy bandwidth and the rate of a product"
  fi
  return "$bad"
}

# one_program NAME: its tests for a GPU, as a row.
one_program() {
  local log="$out/test_$1.log" code=0
  "$bin/test_$1" --gtest_filter='Gpu*' >"$log" 2>&1 || code=$?
  row "test_$1 | $(count '^\[       OK' "$log") | $(count '^\[  FAILED  \].*ms\)' "$log") | $(count '^\[  SKIPPED \].*ms\)' "$log") | $code"
  grep -A8 'Failure$' "$log" | head -60
  return "$code"
}
count() { grep -cE "$1" "$2"; }

stage_tests() {
  local name program bad=0 programs=()
  head_row "program | passed | failed | skipped | exit code"
  for name in attention model train; do
    one_program "$name" &
    programs+=($!)
  done
  for program in "${programs[@]}"; do wait "$program" || bad=1; done
  return "$bad"
}

# experiment NAME [ARGUMENT...]: as much of it as the stage's time allows; a rehearsal takes `smoke`.
experiment() {
  local name="$1" code=0
  shift
  if [ "$rehearse" = yes ]; then
    leave_out "$name $*: the rehearsal runs smoke"
    set -- && name=smoke
  fi
  (cd "$place/pack" && exec "$bin/sinkmoe" --db "$db" run "$name" "$@" </dev/null) || code=$?
  return "$code"
}
# table_of SQL HEADER: the rows of a query.
table_of() {
  head_row "$2"
  "$bin/sinkmoe" --db "$db" query "$1" --csv 2>/dev/null | tail -n +2 | tr -d '\r' | sed 's/,/ | /g' | while read -r line; do row "$line"; done
}

stage_runs() {
  local code=0
  experiment h100_check || code=$?
  table_of "select run_precision, run_mode, attention_kind, round(eval_loss, 4) from run_wide where status = 'done' order by 3, 1, 2" "precision | mode | attention | loss"
  table_of "select kind, replace(text, ',', ';'), count(*) from event where kind in ('step', 'attention') group by 1, 2" "event | text | runs"
  return "$code"
}

stage_sanitizer() {
  local tool
  if ! command -v compute-sanitizer >/dev/null; then leave_out "compute-sanitizer, which is not installed"; return 0; fi
  head_row "tool | result"
  for tool in memcheck racecheck; do
    compute-sanitizer --tool "$tool" --kernel-regex kns=sinkmoe "$bin/test_model" --gtest_filter='GpuKernels.Small*' >"$out/$tool.log" 2>&1
    row "$tool | $(grep -E 'ERROR SUMMARY|RACECHECK SUMMARY' "$out/$tool.log" | tail -1 | sed 's/=//g')"
  done
}

medium=(--layers 6 --width 384 --heads 6 --vocab 8192 --context 1024 --batch 32 --steps 40 --precision bf16)
gpt2=(--layers 12 --width 768 --heads 12 --vocab 50257 --tie --context 1024 --batch 16 --steps 10 --precision bf16)
real_medium=("${medium[@]}")
if [ "$rehearse" = yes ]; then
  medium=(--layers 2 --width 64 --heads 4 --vocab 64 --context 64 --batch 4 --steps 2)
  gpt2=(--layers 2 --width 64 --heads 4 --vocab 130 --tie --context 64 --batch 4 --steps 2)
fi
peer_sizes() { printf '%s\n' "$@" | sed '/^--precision$/,+1d'; }

stage_speed() {
  local kind weight
  head_row "10M | tokens/s | range | loss"
  for kind in plain vanilla sink gated; do
    for weight in 0 0.01; do
      [ "$kind $weight" = "plain 0.01" ] || bench "$kind, weight $weight" "${medium[@]}" --mode fast --kind "$kind" --weight "$weight"
    done
  done
  bench "vanilla, weight 0, exact" "${medium[@]}" --mode exact
}

stage_large() {
  local mode
  head_row "124M | tokens/s | range | loss"
  for mode in exact fast; do bench "vanilla, $mode" "${gpt2[@]}" --mode "$mode"; done
}

stage_peer() {
  [ -n "$site" ] || { leave_out "the peer: no PyTorch in $python"; return 0; }
  local how ways=("" --compile)
  # torch.compile builds its kernels with the C++ compiler of the machine, on a GPU too.
  command -v "${CXX:-g++}" >/dev/null || { ways=(""); leave_out "the compiled peer: no C++ compiler"; }
  head_row "peer | tokens/s | range | loss"
  for how in "${ways[@]}"; do
    # shellcheck disable=SC2046,SC2086
    peer_rounds "10M ${how:-eager}" $(peer_sizes "${medium[@]}") $how
    # shellcheck disable=SC2046,SC2086
    peer_rounds "124M ${how:-eager}" $(peer_sizes "${gpt2[@]}") $how
  done
}

stage_kernels() {
  [ -n "$python" ] || { leave_out "the table of kernels: no python3"; return 0; }
  local kind tables_of=() bandwidth
  # TB/s of the stage load.
  bandwidth="$(awk -F'[| ]+' '$1 == "copy" {print $2 * 1e12}' "$out/roofs" 2>/dev/null)"
  # Bytes are those of the real run, also in a rehearsal.
  for kind in vanilla sink gated; do
    "$bin/step_bench" --bytes "${real_medium[@]}" --kind "$kind" >"$out/bytes_$kind.json" || return 1
    tables_of=("$out/bytes_$kind.json" --bandwidth "${bandwidth:-4e12}")
    if command -v ncu >/dev/null; then
      printf '\n' | timeout 25 ncu --csv --kernel-name-base demangled --kernel-name 'regex:sinkmoe' --launch-count 160 \
        --metrics gpu__time_duration.sum "$bin/step_bench" --device "$device" "${medium[@]}" --steps 1 --kind "$kind" \
        --weight 0.01 >"$out/ncu_$kind.csv" 2>"$out/ncu_$kind.log"
      tables_of+=(--ncu "$out/ncu_$kind.csv")
    fi
    head_row "kernel, $kind | launches a step | MB a step | us at ${bandwidth:-4e12 (assumed)} B/s | us measured | share of it, %"
    "$python" "$place/pack/tests/bench/kernel_report.py" "${tables_of[@]}" | while read -r line; do row "$line"; done
  done
  command -v ncu >/dev/null || leave_out "measured times: Nsight Compute is not installed"
}

stage_pilot() {
  local code=0
  experiment h100_pilot || code=$?
  table_of "select train_lr, round(eval_loss, 4), eval_sink_rate from experiment_wide where experiment = 'h100_pilot'" "rate | loss | sink rate, %"
  return "$code"
}

stage_sweep() {
  local code=0
  experiment h100_sweep || code=$?
  table_of "select attention_kind, balance_weight, count(*), round(avg(eval_loss), 4) from experiment_wide where experiment = 'h100_sweep' and status = 'done' group by 1, 2" "attention | weight | runs | loss"
  return "$code"
}

if [ -n "$inner" ]; then
  set +e  # one failure leaves the rest of the stage
  "stage_$inner"
  exit
fi

started=$SECONDS broken=""
left() { echo $((budget - (SECONDS - started) - 25)); }  # the end needs some seconds of its own
: >"$out/stderr.log"
printf '# Check of a GPU%s\n' "$([ "$rehearse" = no ] || echo ': a rehearsal on a CPU')" >"$tables"
summary=()
for stage in "${STAGES[@]}"; do
  limit=$((LIMIT[$stage] * slow))
  [ "$(left)" -ge "$limit" ] || limit="$(left)"
  printf '\n## %s\n\n' "$stage" >>"$tables"
  if [ "$limit" -lt 5 ]; then leave_out "no time left"; summary+=("$stage | no time left | 0"); continue; fi
  if [ -n "$broken" ] && [ "$stage" != load ]; then leave_out "$broken"; summary+=("$stage | $broken | 0"); continue; fi
  say "$stage, at most $limit s"
  begin=$SECONDS code=0
  again=()
  [ "$rehearse" = no ] || again=(--rehearse)
  # SIGINT first, so that runs save their state.
  timeout --signal=INT --kill-after=20 "$limit" "$BASH" "${BASH_SOURCE[0]}" --stage "$stage" --out "$out" --pack "$pack" \
    --python "$python" "${again[@]}" >"$out/$stage.log" 2>&1 </dev/null || code=$?
  case "$code" in
    0) result='done' ;;
    124 | 137) result="ended by its limit of $limit s" ;;
    75) result="interrupted, can be continued" ;;
    *) result="failed with code $code: $(tail -n 1 "$out/$stage.log" | cut -c1-120)" ;;
  esac
  [ "$stage" != load ] || [ "$code" = 0 ] || broken="the programs do not load"
  note "$result"
  summary+=("$stage | $result | $((SECONDS - begin))")
done
printf '\n## Stages\n\n' >>"$tables"
head_row "stage | result | seconds"
for line in "${summary[@]}"; do row "$line"; done
say "report: $tables"
[ -z "$broken" ] || exit 1
