#!/usr/bin/env bash
# From nothing to tables and figures: sets up, builds, trains what is missing, makes the report.
#
# scripts/reproduce.sh [--help] [WHAT]
#   (nothing)   the default sweep on the synthetic source: 3 variants x 2 weights x 3 seeds     Time: 12 minutes
#   text DIR    the same comparison on a folder of UTF-8 text: 18 runs of about 1M parameters   Time: 2 hours
#   h100 [DIR]  the sweep at 10M parameters on one large GPU (CUDA toolkit 13.0), on a folder of
#               UTF-8 text: first a pilot, whose rule picks the text or the synthetic task      Time: 1 hour, assumed
#   tables      tables and figures of results/reference.db: no training, no LibTorch            Time: 2 minutes
#   paper       every experiment that needs neither text nor a GPU, then all artifacts          Time: hours
#   NAME...     single artifacts, plots/NAME.toml, of the runs there are                        Time: seconds
#
# Cost: 4 GB of disk (LibTorch, build); tables needs 0.1 GB. Times are for two cores, without set-up and first build,
# which take 5 to 20 minutes.
# Nothing that is stored is trained again: the same command a second time takes seconds. What was cut (Ctrl-C, a lost
# connection) goes on where it stopped when the same command is given again; the exit code is then 75.
# Environment: SINKMOE_WORKERS (runs side by side; default: what the cores carry), SINKMOE_CACHE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# The order is that of the claims: what a cut leaves out is at the end.
PAPER_EXPERIMENTS=(quick grid controls finetune pinning emergence)
workers="${SINKMOE_WORKERS:-0}"  # 0: what the cores carry
sinkmoe="$ROOT/build/sinkmoe"
started=$SECONDS

# run EXPERIMENT [ARGUMENT...]: failed runs do not keep the others from being reported; an interrupt ends the script.
run() {
  local code=0
  say "experiment $1: $(sed -nE 's/^title *= *"(.*)"/\1/p' "$ROOT/experiments/$1.toml" | head -n 1)"
  "$sinkmoe" run "$@" || code=$?
  case "$code" in
    0) ;;
    1) note "some runs of $1 failed; the report shows which" ; result=1 ;;
    75) say "interrupted: the same command goes on from here"; exit 75 ;;
    *) exit "$code" ;;
  esac
}

# report [ARGUMENT...]
report() {
  local code=0
  say "tables and figures"
  "$sinkmoe" report "$@" || code=$?
  [ "$code" -le 1 ] || exit "$code"
  if [ -e "$ROOT/results/out/index.html" ]; then
    say "done in $(duration $((SECONDS - started))): open results/out/index.html"
    note "single files: results/out/*.md, .csv, .tex, .json, .svg, .png"
    note "ask for more: build/sinkmoe query \"select * from run_wide\", build/sinkmoe list experiments"
  fi
}

need_experiment() { [ -e "$ROOT/experiments/$1.toml" ] || fail "there is no experiments/$1.toml in this tree"; }

text() {
  [ $# = 1 ] || fail "text needs one folder" "scripts/reproduce.sh text path/to/texts"
  local folder name
  folder="$(cd "$caller" && realpath -m "$1")"
  [ -d "$folder" ] || fail "$folder is no folder"
  name="$(basename "$folder")"
  need_experiment text_small
  "$ROOT/scripts/build.sh" cpu-release sinkmoe
  say "importing $folder"
  "$sinkmoe" data import "$folder" --out "data/$name"
  run text_small "data.path=data/$name" --workers "$workers"
  report
}

# The number that a query of one row and one column gives, or nothing.
number_of() { "$sinkmoe" query --csv "$1" | tail -n +2; }

# The pilot's rule stands in experiments/h100_pilot.toml.
h100() {
  [ $# -le 1 ] || fail "h100 takes one folder" "scripts/reproduce.sh h100 path/to/texts"
  local data=data/novels8k rate lr
  [ $# = 0 ] || [ -d "$caller/$1" ] || [ -d "$1" ] || fail "$1 is no folder"
  has_gpu || fail "no NVIDIA driver answers" "on a machine without a GPU, take scripts/reproduce.sh without arguments"
  [ $# = 1 ] || [ -d "$ROOT/$data" ] ||
    fail "$data is not there" "give a folder of UTF-8 text: scripts/reproduce.sh h100 path/to/texts"
  "$ROOT/scripts/build.sh" cuda-release sinkmoe
  if [ ! -d "$ROOT/$data" ]; then
    say "importing $1"
    "$sinkmoe" data import "$(cd "$caller" && realpath -m "$1")" --out "$data" --vocab 8192
  fi
  run h100_pilot
  [ "$result" = 0 ] || fail "the pilot has failed runs, so its rule cannot be applied" "sinkmoe status h100_pilot"
  rate="$(number_of "select max(eval_sink_rate) from experiment_wide where experiment = 'h100_pilot'")"
  lr="$(number_of "select min(train_lr) from experiment_wide where experiment = 'h100_pilot' and eval_sink_rate >= 20")"
  say "pilot: at most ${rate:-0}% of the heads are sinks; the text sweep needs 20%"
  if [ -n "$lr" ]; then run h100_sweep "train.lr=$lr"; else run h100_capacity; fi
  report
}

tables() {
  [ -e "$ROOT/results/reference.db" ] ||
    fail "results/reference.db is not in this tree" "scripts/reproduce.sh makes results of your own in minutes"
  "$ROOT/scripts/build.sh" report-only sinkmoe
  report --db results/reference.db
}

paper() {
  "$ROOT/scripts/build.sh" cpu-release sinkmoe
  local experiment
  for experiment in "${PAPER_EXPERIMENTS[@]}"; do
    [ ! -e "$ROOT/experiments/$experiment.toml" ] || run "$experiment" --workers "$workers"
  done
  report
}

artifacts() {
  local name
  for name in "$@"; do
    [ -e "$ROOT/plots/$name.toml" ] ||
      fail "'$name' is neither something to reproduce nor an artifact in plots/" "see scripts/reproduce.sh --help"
  done
  [ -x "$sinkmoe" ] || "$ROOT/scripts/build.sh" report-only sinkmoe
  report "$@"
}

caller="$PWD"
cd "$ROOT"  # the program finds configs/, experiments/, plots/ and results/ from here
result=0
case "${1:-}" in
  -h | --help) help_text; exit 0 ;;
  "")
    "$ROOT/scripts/build.sh" cpu-release sinkmoe
    run quick --workers "$workers"
    report
    ;;
  text) shift; text "$@" ;;
  h100) shift; h100 "$@" ;;
  tables | paper) "$1" ;;
  -*) fail "unknown argument '$1'" "see scripts/reproduce.sh --help" ;;
  *) artifacts "$@" ;;
esac
exit "$result"
