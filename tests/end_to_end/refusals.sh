#!/usr/bin/env bash
# Bad input: exit code 2, a message that names what is wrong, and nothing written.
# Cost: none. Time: 5 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
db="$work/results.db"
count=0

# refused TEXT ARGUMENT...: exit code 2, TEXT in the message, no database.
refused() {
  local text="$1" code=0
  shift
  "$sinkmoe" --db "$db" "$@" >"$work/out" 2>"$work/log" </dev/null || code=$?
  [ "$code" = 2 ] || die "'$*' ended with code $code, not 2"
  grep -qF -- "$text" "$work/log" || die "'$*' does not name '$text'"
  [ ! -e "$db" ] || die "'$*' wrote a database"
  count=$((count + 1))
}

# file_refused TEXT CONTENT: the same for a sweep file.
file_refused() {
  printf '%s\n' "$2" >"$work/bad.toml"
  refused "$1" plan "$work/bad.toml"
  refused "bad.toml" plan "$work/bad.toml"
}

refused "model.layers" plan smoke model.layes=3
refused "train.lr" plan smoke train.lr=fast
refused "train.lr" plan smoke train.lr=11
refused "heads" plan smoke model.width=65
refused "shared_heads" plan smoke balance.shared_heads=4
refused "small" plan smoke model=smal
refused "quick" plan quik
refused "report" reprt
refused "'sinkmoe --help' shows all" zzzzzzz
refused "options of a command stand after it" --workers 2 run smoke
refused "no value after '='" plan smoke train.steps=
refused "'train.steps' is given twice" plan smoke train.steps=5 train.steps=6
refused "sinkmoe void RUN... --why TEXT" void --why x
refused "--csv and --md are given together" query --csv --md "select 1"
refused "--json and --csv are given together" --json query --csv "select 1"
if "$sinkmoe" --help | grep -q '^  run '; then refused "workers" run smoke --wrokers 2; fi
refused "nowhere" query "select 1" --db "$work/nowhere.db"
refused "passwd" merge /etc/passwd
file_refused "train.steps" 'set.train.step = 3'
file_refused "bad.toml:2" $'name = "bad"\nset.train.steps = "many"'
file_refused "bad.toml" 'name = "bad'
file_refused "one" $'[[sweep.block]]\nname = "one"\ninit_from = "two"\n[[sweep.block]]\nname = "two"\ninit_from = "one"'
refused "train.new_key" plan smoke train.new_key=3
refused "sink" plan smoke attention.kind=snik
refused "attention.gated.form" plan smoke attention.gated.from=elementwise
refused "set attention.kind = gated" plan smoke attention.kind=sink attention.gated.form=elementwise
refused "read as 0" plan smoke train.lr=1e-400
refused "a key has no dashes: train.lr=1" plan smoke --train.lr=1
refused "the name of the experiment is empty" plan ''
file_refused "the sweep file is empty" ''
file_refused "an experiment is called as its file: 'bad'" 'name = "good"'
if torch_program >/dev/null; then
  refused "--workers is '0.5'; give a whole number: runs at a time; 0: as many as the cores or GPUs allow" run smoke --workers 0.5
  refused "--seed is -1; give 0 or more" sample abc def --seed -1
fi
refused "--vocab is 'abc'; give a whole number: size of the vocabulary" plan smoke --vocab abc
refused "--gflops is 'fast'; give a number: speed of one worker" plan smoke --gflops fast
refused "--vocab is -1; give 0 or the number of tokens" plan smoke --vocab -1
refused "it is not said what to list; give one of: variants, losses" list
refused "it is not said what to list; give one of: variants, losses" list ''
refused "more than one argument is given; sinkmoe show RUN" show abc def
refused "more than one argument is given; sinkmoe status" status one two
refused "--metric is given twice" compare a b --metric x --metric y
refused "'8X' is no amount of memory" plan smoke --launcher slurm --mem 8X
refused "'4:99' is no time limit" plan smoke --launcher slurm --time 4:99
refused "cannot be a name of Slurm" plan smoke --launcher slurm --account 'my "lab"'
# A folder that is not there is not made: its name may be misspelt.
refused "there is no folder $work/resluts/deep; the nearest one that exists is $work; correct the name" \
  report --out "$work/resluts/deep/out"
refused "there is no folder $work/resluts; the nearest one that exists is $work" run smoke --db "$work/resluts/r.db"
refused "there is no folder nowhere; the nearest one that exists is the current one" export curves x --out nowhere/curves
[ ! -e "$work/resluts" ] || die "a misspelt folder was made"
mkdir "$work/empty" "$work/latin"
refused "empty" data import "$work/empty" --out "$work/set"
printf 'caf\xe9\n' >"$work/latin/a.txt"
refused "a.txt" data import "$work/latin" --out "$work/set"
mkdir -p "$work/split/train" "$work/split/dev" "$work/split/valid"
for folder in train dev valid; do echo "text of $folder" >"$work/split/$folder/a.txt"; done
refused "several names may mean the validation text: dev, valid" data import "$work/split" --out "$work/set"
[ ! -e "$work/set" ] || die "a refused import left a folder"
code=0
scripts/reproduce.sh text "$work/nowhere" >"$work/log" 2>&1 || code=$?
expect "the code of reproduce.sh text without the folder" "$code" 1
grep -qF "nowhere is not a folder" "$work/log" || die "reproduce.sh does not name the folder that is missing"
count=$((count + 1))

# The check of a GPU writes its report even where nothing can run.
code=0
scripts/device_check.sh --rehearse --out "$work/device" --pack "$work/none.tar.xz" load tests sweep >"$work/log" 2>&1 || code=$?
expect "the code of device_check.sh without its pack" "$code" 1
grep -qF "none.tar.xz: scripts/device_pack.sh makes it" "$work/log" || die "device_check.sh does not say what is missing"
expect "stages in its report" "$(grep -cE '^\| (load|tests|sweep) \|' "$work/device/report.md")" 3
count=$((count + 1))

# What `run` refuses, `plan` says, also where it plans.
"$sinkmoe" plan paper_scale --vocab 65536 >"$work/out" 2>"$work/log" || die "paper_scale is not planned"
grep -qF "refuses this plan" "$work/log" && grep -qF "several ranks train on CPUs only" "$work/log" ||
  die "plan does not say what run would refuse"
expect "shares of a GPU in one plan" "$(grep -oE '[0-9]+% of 989' "$work/out" | sort -u | wc -l)" 1
count=$((count + 1))

head -c 4096 /dev/urandom >"$work/noise.db"
before="$(sha256sum <"$work/noise.db")"
for command in status report check query; do
  code=0 arguments=()
  [ "$command" != query ] || arguments=("select 1")
  "$sinkmoe" --db "$work/noise.db" "$command" "${arguments[@]}" >"$work/out" 2>"$work/log" </dev/null || code=$?
  [ "$code" = 2 ] || die "'$command' on a file that is no database ended with code $code"
  grep -qF noise.db "$work/log" || die "'$command' does not name the file"
  count=$((count + 1))
done
expect "the file that is no database" "$(sha256sum <"$work/noise.db")" "$before"

# An experiment that the database does not have: one message, with the nearest name, wherever it is given.
for arguments in "status qick" "report --experiment qick" "check --experiment qick" "plot eval/loss qick" \
  "export curves qick --out $work/curves" "watch qick --once" "compare qick text_small"; do
  code=0
  # shellcheck disable=SC2086
  "$sinkmoe" --db results/reference.db ${arguments/qick/text_smal} >"$work/out" 2>"$work/log" </dev/null || code=$?
  expect "the code of '$arguments'" "$code" 2
  grep -qF "the database has no experiment 'text_smal'; did you mean 'text_small'?" "$work/log" ||
    die "'$arguments' does not name the experiment that is near"
  # shellcheck disable=SC2086
  "$sinkmoe" --db results/reference.db $arguments >"$work/out" 2>"$work/log" </dev/null || true
  grep -qF "it has capacity, " "$work/log" || die "'$arguments' does not name the experiments that are there"
  count=$((count + 1))
done

sqlite3 "$work/other.db" "create table t(x); insert into t values (1)"
code=0
"$sinkmoe" --db "$work/other.db" status >"$work/out" 2>"$work/log" || code=$?
expect "the code for a database of another program" "$code" 2
echo "$((count + 1)) refusals, each with code 2 and nothing written"
