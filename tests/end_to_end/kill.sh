#!/usr/bin/env bash
# kill -9 of the whole process group during a sweep, then the same command: every row exists once, and the tables are
# byte-equal to those of an uninterrupted sweep. KILLS (default 5) sweeps are killed, each at another moment.
# Cost: 4 runs of 60 steps, at least twice. Time: 1 minute for 5 kills.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
arguments=(smoke train.steps=60 train.checkpoint_every=10 "attention.kind=vanilla,sink" --name smoke)

mkdir "$work/whole" "$work/cut"
"$sinkmoe" --db "$work/whole/results.db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null || die "uninterrupted"
db="$work/cut/results.db"
for kill in $(seq "${KILLS:-5}"); do
  setsid "$sinkmoe" --db "$db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null &
  leader=$!
  sleep "0.$((RANDOM % 9 + 1))"
  [ $((kill % 2)) = 0 ] || sleep 0.7
  kill -9 -- "-$leader" 2>/dev/null || true
  wait "$leader" 2>/dev/null || true
  [ ! -e "$db" ] || expect "integrity after kill $kill" "$(sqlite3 -cmd '.timeout 10000' "$db" 'pragma integrity_check')" ok
done
"$sinkmoe" --db "$db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null || die "the run after the kills"

rows="select r.run_id, n.name, m.step, m.layer, m.head, m.value from metric m join run r on r.id = m.run
      join metric_name n on n.id = m.name where n.name not like '%tokens_per_s' order by 1, 2, 3, 4, 5"
number "$work/whole/results.db" "$rows" >"$work/whole.rows"
number "$db" "$rows" >"$work/cut.rows"
cmp "$work/whole.rows" "$work/cut.rows" >"$work/log" 2>&1 || die "metric rows differ from those of an uninterrupted sweep"
expect "events of attempts that were resumed" "$(number "$db" "select count(*) from event where kind = 'resumed'")" \
  "$(number "$db" "select count(*) from attempt where start_step > 0")"
for side in whole cut; do
  "$sinkmoe" --db "$work/$side/results.db" report main_table --out "$work/$side/out" >"$work/log" 2>&1 || [ $? = 1 ] || die report
done
for file in main_table.smoke.md main_table.smoke.csv main_table.smoke.tex; do
  cmp "$work/whole/out/$file" "$work/cut/out/$file" >"$work/log" 2>&1 || die "$file differs"
done
