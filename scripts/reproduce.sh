#!/usr/bin/env bash
# From an empty machine to tables and figures: sets up, builds, trains what is missing, writes the report.
#
# scripts/reproduce.sh [--help] [WHAT]
#   (nothing)   the default sweep on the synthetic task: 3 variants x 2 weights x 3 seeds       Time: 3 minutes
#   text DIR    the same comparison on a folder of UTF-8 text: 18 runs of about 1M parameters   Time: half an hour
#   h100 [DIR]  the sweep at 10M parameters on one large GPU (CUDA toolkit 13.0), on a folder of
#               UTF-8 text: first a pilot, whose rule picks the text or the synthetic task      Time: 1 hour, assumed
#   tables      tables and figures from results/reference.db: no training, no LibTorch          Time: 1 minute
#               --check: fails if they differ from those in docs/; --update: copies them to docs/
#   paper [DIR] every synthetic experiment in the order of the claims, then all artifacts;      Time: 4 hours
#               with a folder of texts also the experiments on text; prints each cost first
#   NAME...     single items, from the stored runs: an artifact (plots/NAME.toml), an item      Time: seconds
#               of PAPER_MAP.md (C7, F2, T1), fig-WORD or table-WORD (fig-imbalance)
#
# Cost: 4 GB of disk (LibTorch, build); tables needs 0.1 GB. Times are for two cores, without set-up and first build,
# which take 5 to 20 minutes.
# A stored run is never trained again, so the same command takes seconds the second time. After an interruption (Ctrl-C, a
# lost connection; exit code 75) the same command continues where it stopped.
# Environment: SINKMOE_WORKERS (runs at a time; default: as many as the cores allow), SINKMOE_CACHE.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

# In the order of the claims, so that an interruption leaves out the last ones. Children come after their parents.
PAPER_EXPERIMENTS=(quick grid controls plateau losses capacity lr finetune finetune_lora probes recall needle emergence
  chains capacity_probes one_layer confirm finetune20 needle20 losses_scaled)
TEXT_EXPERIMENTS=(text_small text_test text_probes text_lr text_terms zero_shot finetune_text)
# What docs/ shows of the reference runs: docs/figures/ID.svg and docs/tables/ID.md.
MAIN_FIGURES=(imbalance_steps.grid importance_heatmap.grid value_drain.grid controls_imbalance.controls dose_balance.grid
  dose_loss.grid ablation_curves.probes cosmetic_bars.probes finetune_heads.finetune geometry_histogram.probes
  losses_chart.losses long_context_curves.recall)
MAIN_TABLES=(main_table.grid main_table.text_small capacity_table.capacity lr_table.lr finetune_table.finetune
  lr_table.text_lr finetune_table.finetune_text test_table.text_test zero_shot.zero_shot emergence_table.emergence
  chains_table.chains ablation_area.capacity_probes layer_balance.capacity_probes worth_table.capacity_probes
  worth_table.text_probes first_term.capacity_probes ablation_area.one_layer worth_table.one_layer layer_balance.one_layer
  confirm_table.confirm real_heads.real losses_strength.losses_scaled first_term.text_terms first_term_real.real_terms)
workers="${SINKMOE_WORKERS:-0}"  # 0: as many as the cores allow
sinkmoe="$ROOT/build/sinkmoe"
started=$SECONDS

# run EXPERIMENT [ARGUMENT...]: after failed runs the report is still written; an interrupt ends the script.
run() {
  local code=0
  say "experiment $1: $(sed -nE 's/^title *= *"(.*)"/\1/p' "$ROOT/experiments/$1.toml" | head -n 1)"
  "$sinkmoe" run "$@" || code=$?
  case "$code" in
    0) ;;
    1) note "some runs of $1 failed; the report shows which" ; result=1 ;;
    75) say "interrupted: the same command continues from here"; exit 75 ;;
    *) exit "$code" ;;
  esac
}

# report [--db FILE] [ARGUMENT...]: the program itself ends with the claims and the main tables.
report() {
  local code=0 db=() out=results/out
  if [ "${1:-}" = --db ]; then db=(--db "$2") out="${2%.db}.out"; shift 2; fi
  say "tables and figures"
  "$sinkmoe" ${db[@]+"${db[@]}"} report "$@" || code=$?
  [ "$code" -le 1 ] || exit "$code"
  [ -e "$ROOT/$out/index.html" ] || return 0
  say "done in $(duration $((SECONDS - started))): open $out/index.html"
  note "single files: $out/*.md, .csv, .tex, .json, .svg, .png"
  note "ask for more: build/sinkmoe query \"select * from run_wide\", build/sinkmoe list experiments"
}

need_experiment() { [ -e "$ROOT/experiments/$1.toml" ] || fail "there is no experiments/$1.toml in this tree"; }

# need_folder FOLDER: before anything is built.
need_folder() { [ -d "$(cd "$caller" && realpath -m "$1")" ] || fail "$1 is not a folder" "give a folder of *.txt files"; }

# import_texts FOLDER: sets `data` to the folder of the imported texts.
import_texts() {
  local folder
  folder="$(cd "$caller" && realpath -m "$1")"
  data="data/$(basename "$folder")"
  say "importing $folder"
  "$sinkmoe" data import "$folder" --out "$data"
}

text() {
  [ $# = 1 ] || fail "text needs one folder" "scripts/reproduce.sh text path/to/texts"
  need_folder "$1"
  need_experiment text_small
  "$ROOT/scripts/build.sh" cpu-release sinkmoe
  import_texts "$1"
  # Another folder puts its runs in the place of the last folder's list; the stored runs stay.
  run text_small "data.path=$data" --name text_small --replace --workers "$workers"
  report
}

# The single number that a query returns, or nothing.
number_of() { "$sinkmoe" query --csv "$1" | tail -n +2 | tr -d "\r"; }

# The rule of the pilot is in experiments/h100_pilot.toml.
h100() {
  [ $# -le 1 ] || fail "h100 takes one folder" "scripts/reproduce.sh h100 path/to/texts"
  local data=data/novels8k rate lr
  [ $# = 0 ] || [ -d "$caller/$1" ] || [ -d "$1" ] || fail "$1 is not a folder"
  has_gpu || fail "no NVIDIA driver answers" "on a machine without a GPU, run scripts/reproduce.sh without arguments"
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
  if [ -n "$lr" ]; then run h100_sweep "train.lr=$lr" --name h100_sweep; else run h100_capacity; fi
  report
}

# copies FOLDER: the committed figures and tables that FOLDER has, one "FROM TO" per line.
copies() {
  local id
  for id in "${MAIN_FIGURES[@]}"; do [ ! -e "$1/$id.svg" ] || echo "$1/$id.svg docs/figures/$id.svg"; done
  for id in "${MAIN_TABLES[@]}"; do [ ! -e "$1/$id.md" ] || echo "$1/$id.md docs/tables/$id.md"; done
}

# compare FOLDER: fails if the figures and tables in docs/ differ from those in FOLDER.
compare() {
  local made copy same=0 other=0
  while read -r made copy; do
    if cmp -s "$made" "$copy"; then
      same=$((same + 1))
    else
      note "differs: $copy"
      other=$((other + 1))
    fi
  done < <(copies "$1")
  for copy in docs/figures/*.*.svg docs/tables/*.md; do
    [ ! -e "$copy" ] || [ -e "$1/$(basename "$copy")" ] || { note "not made from the reference: $copy"; other=$((other + 1)); }
  done
  [ "$other" = 0 ] || fail "$other of the tables and figures in docs/ are not those of results/reference.db" \
    "after a change that is meant: scripts/reproduce.sh tables --update"
  say "$same tables and figures in docs/ are byte-equal to those of results/reference.db"
}

tables() {
  local made copy
  case "${1:-}" in
    "" | --check | --update) ;;
    *) fail "unknown argument '$1'" "see scripts/reproduce.sh --help" ;;
  esac
  [ -e "$ROOT/results/reference.db" ] ||
    fail "results/reference.db is not in this tree" "scripts/reproduce.sh trains models of your own in minutes"
  "$ROOT/scripts/build.sh" report-only sinkmoe
  sinkmoe="$ROOT/build-report-only/sinkmoe"  # build/sinkmoe stays the program that trains
  report --db results/reference.db
  if [ "${1:-}" = --check ]; then
    compare results/reference.out
  elif [ "${1:-}" = --update ]; then
    mkdir -p docs/figures docs/tables
    while read -r made copy; do cp "$made" "$copy" && note "$copy"; done < <(copies results/reference.out)
  fi
}

# cost EXPERIMENT: the last line of its plan.
cost() { note "$("$sinkmoe" plan "$@" 2>/dev/null | tail -n 1)"; }

# text_place EXPERIMENT: sets `place`, the override that replaces the novels by `data`; finetune_text has two sets of its own.
text_place() { place=("data.path=$data"); [ "$1" != finetune_text ] || place=(); }

paper() {
  local name have=() texts=() place=()
  [ $# = 0 ] || need_folder "$1"
  "$ROOT/scripts/build.sh" cpu-release sinkmoe
  for name in "${PAPER_EXPERIMENTS[@]}"; do [ ! -e "experiments/$name.toml" ] || have+=("$name"); done
  if [ $# -gt 0 ]; then
    import_texts "$1"
    for name in "${TEXT_EXPERIMENTS[@]}"; do
      if [ "$name" = zero_shot ] && [ ! -d data/tasks ]; then
        note "left out: zero_shot, which needs the task files in data/tasks"
      elif [ "$name" = finetune_text ] && { [ "$data" != data/novels ] || [ ! -d data/plays ]; }; then
        note "left out: finetune_text, which needs data/novels and data/plays"
      elif [ -e "experiments/$name.toml" ]; then
        texts+=("$name")
      fi
    done
  fi
  say "cost, stored runs included:"
  for name in "${have[@]}"; do cost "$name"; done
  for name in ${texts[@]+"${texts[@]}"}; do text_place "$name"; cost "$name" ${place[@]+"${place[@]}"}; done
  for name in "${have[@]}"; do run "$name" --workers "$workers"; done
  for name in ${texts[@]+"${texts[@]}"}; do
    text_place "$name"
    run "$name" ${place[@]+"${place[@]}"} --name "$name" --workers "$workers"
  done
  report
}

# of_kind table|figure FILE...: the names of the artifacts of this kind.
of_kind() {
  local want="$1" file kind
  shift
  for file in "$@"; do
    [ -e "$file" ] || continue
    kind=figure
    ! grep -qx 'kind = "table"' "$file" || kind=table
    [ "$kind" != "$want" ] || basename "$file" .toml
  done
}

# named WHAT: the artifacts it stands for, one per line; nothing if there are none.
named() {
  local word="${1#*-}" kind=table
  case "$1" in
    [CTF][0-9] | [CTF][0-9][0-9])
      sed -nE "s/^\| $1 \|//p" PAPER_MAP.md | grep -oE 'plots/[A-Za-z0-9_]+\.toml' | sed -E 's,plots/(.*)\.toml,\1,' ;;
    fig-* | table-*)
      [ "${1%%-*}" = table ] || kind=figure
      word="${word//-/_}"
      of_kind "$kind" plots/"$word"*.toml | grep . || of_kind "$kind" plots/*"$word"*.toml ;;
    *) [ ! -e "plots/$1.toml" ] || echo "$1" ;;
  esac
}

artifacts() {
  local what names=() more db=()
  for what in "$@"; do
    more="$(named "$what" || true)"
    [ -n "$more" ] ||
      fail "'$what' is neither something to reproduce nor an artifact in plots/" "see scripts/reproduce.sh --help"
    mapfile -t -O "${#names[@]}" names <<<"$more"
  done
  [ -x "$sinkmoe" ] || "$ROOT/scripts/build.sh" report-only sinkmoe
  if [ ! -e results/results.db ] && [ -e results/reference.db ]; then
    note "using results/reference.db, because results/results.db does not exist"
    db=(--db results/reference.db)
  fi
  report ${db[@]+"${db[@]}"} "${names[@]}"
}

caller="$PWD"
export SINKMOE_LOCAL=off  # the tables of the tree, whatever is in the private folders
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
  tables | paper) "$@" ;;
  -*) fail "unknown argument '$1'" "see scripts/reproduce.sh --help" ;;
  *) artifacts "$@" ;;
esac
exit "$result"
