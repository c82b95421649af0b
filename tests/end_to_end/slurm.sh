#!/usr/bin/env bash
# A sweep in the tasks of a real Slurm on this machine: a plan's script, an array with children after parents, --detach and
# collection, status, a task that is queued again after its checkpoint, a local run that leaves submitted runs alone. Its
# numbers equal those of a local sweep. Runs of the drill job: no training. tests/full/slurm.sh has the rarer accidents.
# Time: 50 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$root/tests/support/slurm_site.sh"
with_slurm
start_slurm

cat >"$work/drill.toml" <<'TOML'
name = "drill"
title = "A drill"
data.context = 16
train.batch = 2
train.warmup = 0
train.checkpoint_every = 100

[[sweep.block]]
name = "first"
train.seed = "seeds(3)"
train.steps = 1500

[[sweep.block]]
init_from = "first"
train.seed = "seeds(3)"
train.steps = 200
TOML
sinkmoe_run() { "$sinkmoe" --db "$1" run "$work/drill.toml" --job fake "${@:2}" 2>>"$work/log"; }
slurm_run() { sinkmoe_run "$work/slurm.db" --launcher slurm --poll-seconds 0.5 "$@"; }
# Everything that must not depend on where the runs were made.
facts() {
  number "$1" "select run_id, name, step, layer, head, value from v_metric order by 1, 2, 3, 4, 5"
  number "$1" "select experiment, ordinal, run_id, status from experiment_wide order by 1, 2"
}

sinkmoe_run "$work/local.db" --workers 2 >/dev/null || die "the local sweep"

# The plan shows the arrays, parents first, and their scripts.
"$sinkmoe" --db "$work/slurm.db" plan "$work/drill.toml" --launcher slurm --time 1:00:00 --array-limit 2 >"$work/plan" 2>>"$work/log"
expect "arrays in the plan" "$(grep -c '^#SBATCH --array=0-2%2$' "$work/plan")" 2
grep -q 'at most 3 by the time limit' "$work/plan" || die "node hours in the plan: $(grep array "$work/plan")"
[ ! -e "$work/slurm.db" ] || die "plan has written a database"

# An option that cannot be is refused before anything is written.
code=0
slurm_run --time soon >/dev/null || code=$?
expect "exit code for --time soon" "$code" 2
[ ! -e "$work/slurm.db" ] || die "a refused command has written a database"

slurm_run --detach --array-limit 2 >"$work/out" || die "--detach"
expect "runs in jobs" "$(number "$work/slurm.db" "select count(*) from lease where boot glob 'job/*'")" 6
expect "jobs in the queue" "$(squeue -h -o %F | sort -u | wc -l)" 2
"$sinkmoe" --db "$work/slurm.db" status drill >"$work/status" 2>>"$work/log"
expect "runs that wait or work" "$(grep -cE ' (queued|running) ' "$work/status")" 6

# A local run leaves them alone, and says so.
code=0
sinkmoe_run "$work/slurm.db" >"$work/out" || code=$?
expect "exit code of a local run meanwhile" "$code" 75
grep -q '6 in jobs of the scheduler' "$work/out" || die "the local run says: $(cat "$work/out")"

# One task gets the signal that precedes its time limit: checkpoint, queued again. Slurm delays it by two minutes; we do not.
for _ in $(seq 300); do
  array="$(squeue -h -r -o '%F %K %T' | awk '$3 == "RUNNING" {print $1; exit}')"
  [ -z "$array" ] || break
  sleep 0.1
done
[ -n "$array" ] || die "no task has started within 30 s: $(squeue)"
for _ in $(seq 100); do
  grep -q '"step":[1-9]' "$work"/slurm.runs/*/beat.json 2>/dev/null && break
  sleep 0.1
done
scancel --signal=USR1 --batch "${array}_0"
for _ in $(seq 150); do
  [ "$(squeue -h -r -o '%K %T' -j "$array" | grep -c '^0 PENDING')" = 1 ] && break
  sleep 0.1
done
"$sinkmoe" --db "$work/slurm.db" status drill >"$work/status" 2>>"$work/log"
expect "preempted runs" "$(grep -c ' preempted ' "$work/status")" 1
scontrol update JobId="${array}_0" StartTime=now

# The same command follows and collects.
slurm_run >"$work/out" || die "the command that collects: $(cat "$work/out")"
grep -q '6 of 6 runs done' "$work/out" || die "summary: $(cat "$work/out")"
expect "attempts" "$(number "$work/slurm.db" "select group_concat(n, ' ') from (select count(*) n from attempt group by run order by n)")" "1 1 1 1 1 2"
cmp <(facts "$work/local.db") <(facts "$work/slurm.db") || die "the numbers differ from those of a local sweep"
slurm_run >"$work/out" || die "the command once more"
expect "jobs of the command once more" "$(ls "$work/slurm.jobs" | wc -l)" 2
expect "leases left" "$(number "$work/slurm.db" 'select count(*) from lease')" 0
