#!/usr/bin/env bash
# One model on several ranks. It trains as one process does; a rank that is killed (KILLS times, default 2) or stopped is
# named, leaves nothing running, and the same command ends with the bits of the undisturbed run. Then the same with ranks
# that a launcher starts.
# Cost: 5 + KILLS runs of 200 small steps on two ranks. Time: half a minute for 2 kills.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
arguments=(smoke attention.kind=sink balance.weight=1e-2 train.seed=0 train.checkpoint_every=20
           run.rank_patience=4 --name ranks --workers 1)
rows="select n.name, m.step, m.layer, m.head, m.value from metric m join metric_name n on n.id = m.name
      where n.name not like '%tokens_per_s' order by 1, 2, 3, 4"
loss="select eval_loss from run_wide"

steps=200

# run_ranks NAME [ARGUMENT...]: a run on two ranks in a database of its own.
run_ranks() { "$sinkmoe" --db "$work/$1.db" run "${arguments[@]}" "train.steps=$steps" run.ranks=2 "${@:2}" >"$work/log" 2>&1 </dev/null; }
same_rows() { number "$work/$1.db" "$rows" | cmp - "$work/whole.rows" >&2 || die "$1: rows differ from those of the undisturbed run"; }

run_ranks whole || die "two ranks"
number "$work/whole.db" "$rows" >"$work/whole.rows"
expect "ranks of the attempt" "$(number "$work/whole.db" 'select ranks from attempt')" 2
"$sinkmoe" --db "$work/one.db" run "${arguments[@]}" "train.steps=$steps" >"$work/log" 2>&1 </dev/null || die "one process"
expect "one identity" "$(number "$work/one.db" 'select run_id from run')" "$(number "$work/whole.db" 'select run_id from run')"
expect "ranks of one process" "$(number "$work/one.db" 'select ranks from attempt')" 1
awk -v a="$(number "$work/one.db" "$loss")" -v b="$(number "$work/whole.db" "$loss")" \
  'BEGIN { exit !(a - b < 1e-3 && b - a < 1e-3) }' || die "two ranks have another loss than one process"

# disturbed NAME SIGNAL [ARGUMENT...]: starts a run, sends the signal to its rank 1 at a random moment (STOP: once it
# trains), waits for the end.
disturbed() {
  "$sinkmoe" --db "$work/$1.db" run "${arguments[@]}" "train.steps=$steps" run.ranks=2 "${@:3}" >"$work/log" 2>&1 </dev/null &
  local command=$! worker="" rank="" tries
  for ((tries = 0; tries < 600; ++tries)); do
    worker="$(pgrep -P "$command" | head -n 1 || true)"
    [ -z "$worker" ] || rank="$(pgrep -P "$worker" | head -n 1 || true)"
    [ -z "$rank" ] || break
    sleep 0.05
  done
  [ -n "$rank" ] || die "$1: no rank was started"
  if [ "$2" = STOP ]; then
    until ls "$work/$1.runs"/*/step-* >"$work/found" 2>&1; do sleep 0.1; done
  else
    sleep "$((RANDOM % 2)).$((RANDOM % 9 + 1))"
  fi
  kill "-$2" "$rank" 2>/dev/null || true
  wait "$command" || die "$1: the command failed"
  ! kill -0 "$rank" 2>/dev/null || die "$1: rank 1 still runs"
}

named=0
for kill in $(seq "${KILLS:-2}"); do
  disturbed "kill$kill" KILL
  same_rows "kill$kill"
  ! grep -q "rank 1 (process [0-9]*) was killed by SIGKILL; the run is tried again" "$work/log" ||
    named=$((named + 1))
done
[ "$named" -gt 0 ] || die "no message names the rank that was killed"
steps=2000
disturbed stop STOP
grep -q "rank 1 did not answer for 4 s" "$work/log" || die "no message names the rank that was stopped"
steps=200

# What a launcher such as srun does: the same command on every rank.
port=$((RANDOM % 20000 + 20000))
launched() { RANK=$1 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port "$sinkmoe" --db "$work/launched.db" run "${arguments[@]}" "train.steps=$steps" </dev/null; }
launched 1 >"$work/log1" 2>&1 &
other=$!
launched 0 >"$work/log" 2>&1 || die "rank 0 of a launcher"
wait "$other" || { cat "$work/log1" >&2; die "rank 1 of a launcher"; }
same_rows launched
expect "ranks of the launcher's attempt" "$(number "$work/launched.db" 'select ranks from attempt')" 2
WORLD_SIZE=2 "$sinkmoe" --db "$work/none.db" run "${arguments[@]}" >"$work/log" 2>&1 && die "a launcher without RANK"
grep -q "RANK is not set, but WORLD_SIZE is" "$work/log" || die "the missing variable is not named"
