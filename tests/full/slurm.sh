#!/usr/bin/env bash
# Accidents of a cluster during sweeps of the drill job on a real Slurm of one node: the signal before a time limit, preemption
# by another job, one task cancelled, one killed with its worker, slurmctld restarted, the node drained, the following command
# killed. Expected: every run is done exactly once, and the tables equal those of a local sweep to the byte.
# Cost: 4 minutes, two cores half busy.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tests/support/slurm_site.sh"
work="$(mktemp -d -p "$([ -d /dev/shm ] && echo /dev/shm || echo /tmp)")"
trap 'rm -rf "$work"' EXIT
die() {
  printf 'FAILED: %s\n' "$1" >&2
  tail -n 30 "$work/log" >&2 || true
  result slurm 1 '{}'
  exit 1
}
with_slurm
start_slurm

cat >"$work/accidents.toml" <<'TOML'
name = "accidents"
title = "A drill"
data.context = 16
train.batch = 2
train.warmup = 0
train.checkpoint_every = 500
run.log_every = 100

[[sweep.block]]
name = "first"
train.seed = "seeds(8)"
train.steps = 22000

[[sweep.block]]
init_from = "first"
train.seed = "seeds(8)"
train.steps = 2000
TOML
slurm_run() {
  "$sinkmoe" --db "$work/slurm.db" run "$work/accidents.toml" --job fake --launcher slurm --poll-seconds 1 --time 1 \
    --signal-seconds 20 --lease 10 --partition low "$@" 2>>"$work/log"
}
facts() {
  number "$1" "select run_id, name, step, layer, head, value from v_metric order by 1, 2, 3, 4, 5"
  number "$1" "select r.run_id, h.name, h.step, h.counts from histogram h join run r on r.id = h.run order by 1, 2, 3"
  number "$1" "select experiment, ordinal, run_id, status from experiment_wide order by 1, 2"
}
running() { squeue -h -r -o '%F_%K %T %P' | awk '$2 == "RUNNING" && $3 == "low" {print $1}'; }
note() { printf '%4d s: %s; running: %s\n' "$SECONDS" "$1" "$(running | wc -l)"; }
# Slurm lets a task that was queued again wait for two minutes. We do not.
hurry() {
  local task
  for task in $(squeue -h -r -o '%F_%K %T %r' 2>/dev/null | awk '$2 == "PENDING" && $3 == "BeginTime" {print $1}'); do
    scontrol update JobId="$task" StartTime=now 2>/dev/null || true
  done
}
# pass SECONDS
pass() {
  local end=$((SECONDS + $1))
  while [ $SECONDS -lt $end ]; do hurry; sleep 1; done
}
await_running() {
  for _ in $(seq 120); do [ "$(running | wc -l)" -ge "$1" ] && return 0; hurry; sleep 1; done
  die "no $1 tasks run: $(squeue)"
}

"$sinkmoe" --db "$work/local.db" run "$work/accidents.toml" --job fake --workers 8 >/dev/null 2>>"$work/log" || die "the local sweep"
note "the local sweep is done"

slurm_run >"$work/first" &
follower=$!
await_running 4
pass 6
victim="$(running | sed -n 1p)"
scancel "$victim"
note "cancelled $victim"
pass 3
stop_slurmctld
pass 6
start_slurmctld
note "slurmctld restarted"
await_running 3
kill -9 "$follower"
wait "$follower" 2>/dev/null || true
slurm_run >"$work/second" &
follower=$!
note "the following command was killed and started again"
pass 5
sbatch --parsable --partition=high --exclusive --output=/dev/null --wrap 'sleep 6' >/dev/null
pass 12
note "another job has preempted the tasks"
await_running 2
killed="$(pgrep -f "sinkmoe.* task $work/slurm.jobs" | head -n 1)"
kill -9 $(pgrep -P "$killed") "$killed" 2>/dev/null || true
note "killed task process $killed with its worker"
pass 3
scontrol update NodeName="$(hostname -s)" State=DRAIN Reason=test
note "the node is drained"
pass 45
scontrol update NodeName="$(hostname -s)" State=RESUME
note "the node is back"
for _ in $(seq 400); do
  kill -0 "$follower" 2>/dev/null || break
  hurry
  sleep 1
done
code=0
wait "$follower" || code=$?
note "the command has ended with code $code: $(head -n 1 "$work/second")"
# What a person cancelled while a command followed it waits for the next call.
while [ "$code" = 75 ]; do
  code=0
  slurm_run >"$work/third" &
  follower=$!
  while kill -0 "$follower" 2>/dev/null; do hurry; sleep 1; done
  wait "$follower" || code=$?
done
expect "exit code at the end" "$code" 0
expect "runs done" "$(number "$work/slurm.db" "select count(*) from run where status = 'done'")" 16
expect "runs done more than once" "$(number "$work/slurm.db" \
  "select count(*) from (select run from attempt where outcome = 'done' group by run having count(*) <> 1)")" 0
expect "leases left" "$(number "$work/slurm.db" 'select count(*) from lease')" 0
cmp <(facts "$work/local.db") <(facts "$work/slurm.db") || die "the tables differ from those of a local sweep"
attempts="$(number "$work/slurm.db" 'select count(*) from attempt')"
lost="$(number "$work/slurm.db" "select count(*) from attempt where outcome = 'lost'")"
[ "$attempts" -gt 20 ] || die "only $attempts attempts: the accidents had no effect"
jobs="$(ls "$work/slurm.jobs" | wc -l)"
note "$attempts attempts, $lost lost, $jobs jobs"
stop_slurm
result slurm 0 "{\"runs\": 16, \"attempts\": $attempts, \"lost\": $lost, \"jobs\": $jobs}"
