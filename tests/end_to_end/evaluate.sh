#!/usr/bin/env bash
# Runs that train nothing and evaluate their parent's weights: longer rows, the test split, every probe.
# Cost: 2 runs of 30 steps, 6 without steps. Time: 40 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
db="$work/results.db"

cat >"$work/evaluate.toml" <<'TOML'
groups = ["model=tiny", "data=backcopy", "train=smoke", "eval=short"]
[[sweep.block]]
name = "trained"
balance.weight = [0, 1e-2]
[[sweep.block]]
balance.weight = [0, 1e-2]
train.steps = [0]
eval.probes = ["full"]
init_from = "trained"
[[sweep.block]]
balance.weight = [0, 1e-2]
train.steps = [0]
data.context = [64, 128]
eval.split = ["test"]
init_from = "trained"
TOML

"$sinkmoe" --db "$db" run "$work/evaluate.toml" --workers 2 >"$work/log" 2>&1 </dev/null || die "run"
expect "runs done" "$(number "$db" "select count(*) from run where status = 'done'")" 8
expect "evaluations" "$(number "$db" "select count(*) from run_wide where train_steps = 0")" 6
expect "their last step" "$(number "$db" "select max(step) from v_metric join run_wide using (run_id) where train_steps = 0")" 0
expect "losses equal to the parent's" "$(number "$db" "select count(*) from run_wide c join run_wide p on p.run_id = c.parent_id
  where c.eval_probes = 'full' and c.eval_loss = p.eval_loss")" 2
expect "other losses on other rows" "$(number "$db" "select count(*) from run_wide c join run_wide p on p.run_id = c.parent_id
  where c.eval_split = 'test' and abs(c.eval_loss - p.eval_loss) between 1e-6 and 0.5")" 4
expect "runs with probes" "$(number "$db" "select count(*) from run_wide where probe_int8_loss is not null")" 2
expect "curves" "$(number "$db" "select group_concat(distinct head) from v_head where name = 'ablate/random'")" 0,1,2,3,4,5,6,7,8
expect "histograms" "$(number "$db" "select count(*) from histogram where name = 'head/cos_key_first'")" 16
expect "areas, and what heads are worth" "$(number "$db" "select count(*) from run_wide where probe_area_importance is not null
  and probe_drop_first_term is not null and probe_useful_share_min between 0 and 1")" 2
expect "weights that runs start from" "$(number "$db" "select count(*) from v_input i join run p on p.run_id = i.name
  join checkpoint c on c.run = p.id and c.final and c.sha256 = i.sha256 where i.part = 'weights'")" 6
expect "hashes of weights, of parents and of children without steps" "$(number "$db" "select count(distinct sha256) from checkpoint
  where final")" 2
expect "paired evaluations" "$(number "$db" "select count(*) from v_pair where name = 'probe/cv_ablation'")" 1

# A parent of another shape is refused when the child starts, and nothing of it is stored.
cat >"$work/shape.toml" <<'TOML'
groups = ["model=tiny", "data=backcopy", "train=smoke", "eval=short"]
[[sweep.block]]
name = "trained"
[[sweep.block]]
train.steps = [0]
model.heads = [8]
init_from = "trained"
TOML
code=0
"$sinkmoe" --db "$db" run "$work/shape.toml" >"$work/log" 2>&1 </dev/null || code=$?
expect "exit code" "$code" 1
number "$db" "select message from run where status = 'failed'" >"$work/message"
grep -q "model.heads is 4 in the weights and 8 here" "$work/message" || { cat "$work/message"; die "message"; }

