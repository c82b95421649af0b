#!/usr/bin/env bash
# The whole path on the smallest sweep: plan, run, again without training, query like the sqlite3 shell, report, a wider sweep.
# Cost: 18 runs of 30 steps. Time: 30 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
db="$work/results.db"

"$sinkmoe" --db "$db" plan smoke >"$work/log" 2>&1 || die "plan"
[ ! -e "$db" ] || die "plan wrote a database"
"$sinkmoe" --db "$db" run smoke --workers 2 >"$work/log" 2>&1 </dev/null || die "run"
expect "runs done" "$(number "$db" "select count(*) from run where status = 'done'")" 6
expect "attempts" "$(number "$db" "select count(*) from attempt")" 6
expect "losses that are numbers" "$(number "$db" "select count(*) from run_wide where eval_loss between 0.1 and 10")" 6
expect "metric rows of an unknown run" "$(number "$db" "select count(*) from metric where run not in (select id from run)")" 0

before="$(number "$db" "select count(*) from metric")"
started=$SECONDS
"$sinkmoe" --db "$db" run smoke --workers 2 >"$work/log" 2>&1 </dev/null || die "the second run"
[ $((SECONDS - started)) -lt 10 ] || die "the second run took $((SECONDS - started)) s"
expect "attempts after the second run" "$(number "$db" "select count(*) from attempt")" 6
expect "metric rows after the second run" "$(number "$db" "select count(*) from metric")" "$before"

# A plan costs what runs of the same shape took on this machine.
"$sinkmoe" --db "$db" plan smoke 'train.seed=range(7,9,1)' >"$work/log" 2>&1 || die "plan of more seeds"
grep -q "as runs of these shapes took on this machine" "$work/log" || die "plan does not use the measured runs"

# SQLite sees the damage of a page only when it reads that page, so a short write looks at all of them.
head -c 8192 "$db" >"$work/damaged.db"
head -c 48 /dev/urandom >>"$work/damaged.db"
tail -c +8241 "$db" >>"$work/damaged.db"
damaged="$(sha256sum <"$work/damaged.db")"
one="$(number "$db" "select run_id from run limit 1")"
for command in "tag $one --add x" "note $one text" "void $one --why test"; do
  code=0
  # shellcheck disable=SC2086
  "$sinkmoe" --db "$work/damaged.db" $command >"$work/log" 2>&1 || code=$?
  [ "$code" = 2 ] && grep -q "damaged" "$work/log" || die "'$command' in a damaged database: code $code"
done
expect "the damaged database" "$(sha256sum <"$work/damaged.db")" "$damaged"

sql="select attention_kind, balance_weight, avg(eval_loss) from run_wide group by 1, 2 order by 1, 2"
"$sinkmoe" --db "$db" query "$sql" --csv >"$work/ours.csv" 2>"$work/log" || die "query"
expect "rows of the query" "$(tail -n +2 "$work/ours.csv" | wc -l)" 6
sqlite3 -readonly -csv "$db" "$sql" | tr -d '\r' | cut -d, -f1 >"$work/shell"
expect "variants in the query and in the shell" "$(tail -n +2 "$work/ours.csv" | tr -d '\r' | cut -d, -f1)" "$(cat "$work/shell")"

"$sinkmoe" --db "$db" report --out "$work/out" >"$work/log" 2>&1 || [ $? = 1 ] || die "report"
for file in index.html main_table.smoke.md main_table.smoke.csv main_table.smoke.tex main_table.smoke.json imbalance_steps.smoke.svg; do
  [ -s "$work/out/$file" ] || die "the report made no $file"
done
"$sinkmoe" --db "$db" report --out "$work/again" >"$work/log" 2>&1 || [ $? = 1 ] || die "the second report"
for file in "$work"/out/*.{md,csv,tex,json,svg}; do
  cmp -s "$file" "$work/again/$(basename "$file")" || die "$(basename "$file") differs between two reports of one database"
done

# A stored run, an experiment and overrides can be explained and compared.
run="$(number "$db" "select run_id from run where label like '%kind=sink balance.weight=0.01%'")"
"$sinkmoe" --db "$db" config explain balance.weight --run "$run" >"$work/log" 2>&1 || die "explain --run"
grep -qF "run $run" "$work/log" || die "explain does not name the stored run"
"$sinkmoe" --db "$db" config explain balance.weight --experiment smoke >"$work/log" 2>&1 || die "explain --experiment"
grep -qF "swept over 0, 0.01" "$work/log" || die "explain does not show the sweep"
"$sinkmoe" --db "$db" config diff "$run" "train=smoke eval=short attention.kind='sink' data.path='my texts'" >"$work/log" 2>&1 || die "diff"
expect "keys that differ" "$(tail -n +2 "$work/log" | awk '{print $1}' | xargs)" "balance.weight data.path"

# One more weight and seed: only the new points are trained. The wider sweep has a list and a table of its own, and
# those of the default sweep stay.
"$sinkmoe" --db "$db" run smoke balance.weight=0,1e-2,1e-1 train.seed=0,1 --workers 2 >"$work/log" 2>&1 </dev/null || die "the wider run"
expect "attempts of the wider sweep" "$(number "$db" "select count(*) from attempt")" 18
expect "runs of the wider sweep that were tried twice" "$(number "$db" "select count(*) from attempt where attempt > 1")" 0
"$sinkmoe" --db "$db" report --out "$work/wider" >"$work/log" 2>&1 || [ $? = 1 ] || die "the report of the wider sweep"
wide="smoke+balance.weight=0,0.01,0.1+train.seed=0,1"
rows() { grep -cE '^\| (vanilla|sink|gated) \|' "$1"; }
expect "rows of the table before" "$(rows "$work/out/main_table.smoke.md")" 6
expect "rows of the table of the wider sweep" "$(rows "$work/wider/main_table.$wide.md")" 9
expect "rows of the wider table with two seeds" "$(grep -E '^\| (vanilla|sink|gated) \|' "$work/wider/main_table.$wide.md" | awk -F ' *\\| *' '$5 == 2' | wc -l)" 9
cmp -s "$work/out/main_table.smoke.md" "$work/wider/main_table.smoke.md" || die "the wider sweep changed the table of the default one"

# The axes of a sweep of one's own come from its plan: a table, curves, a picture of any metric, a comparison, without a file.
expect "rows of the table over the axes" "$(rows "$work/wider/sweep_table.$wide.md")" 9
[ -s "$work/wider/sweep_eval_imbalance_by_balance_weight.$wide.svg" ] || die "no curve over the weights"
"$sinkmoe" --db "$db" plot head/importance "$wide" --out "$work/heads.svg" >"$work/log" 2>&1 || die "plot"
grep -q '<svg' "$work/heads.svg" || die "plot drew nothing"
"$sinkmoe" --db "$db" plot eval/loss "$wide" --x balance.weight --by attention.kind --log >"$work/log" 2>&1 || die "plot without --out"
[ -s "${db%.db}.out/plot.eval_loss.$wide.x-balance_weight.by-attention_kind.log.svg" ] || die "the figure's name does not say what it shows"
"$sinkmoe" --db "$db" config explain balance.weight "$wide" >"$work/log" 2>&1 || die "config explain of a stored experiment"
grep -q "swept over 0, " "$work/log" || die "config explain does not see the sweep of a stored experiment"
"$sinkmoe" --db "$db" config diff smoke "$wide" >"$work/log" 2>&1 || die "config diff with a stored experiment"
grep -q '^balance.weight ' "$work/log" || die "config diff does not name the swept key"
mapfile -t some < <("$sinkmoe" --db "$db" query --csv "select run_id from run order by 1 limit 2" | tail -n +2)
"$sinkmoe" --db "$db" compare "${some[@]}" >"$work/log" 2>&1 || die "compare"
grep -q '^eval/loss ' "$work/log" || die "compare shows no loss"
"$sinkmoe" --db "$db" compare smoke "$wide" >"$work/log" 2>&1 || die "compare of experiments"
for arguments in "report --experiment smok" "plot eval/los smoke" "plot eval/loss smoke --x train.lr"; do
  code=0
  # shellcheck disable=SC2086  # several words
  "$sinkmoe" --db "$db" $arguments --out "$work/none.svg" >"$work/log" 2>&1 || code=$?
  expect "exit code of $arguments" "$code" 2
done
[ ! -e "$work/none.svg" ] || die "a refused command left a file"
expect "a comment before SQL" "$("$sinkmoe" --db "$db" query --csv $'-- two\nselect 2 as a' | tail -n 1)" 2
expect "columns of one name" "$("$sinkmoe" --db "$db" --json query "select 1 as a, 2 as a" | tr -d ' \n')" '[{"a":1,"a_2":2}]'
if command -v python3 >/dev/null; then
  python3 tests/report/page_browser.py "$work/wider/index.html" || die "the page does not work in a browser"
fi

# The same name with other runs is refused before anything is trained; asked for, it takes the place, and no run gets lost.
code=0
"$sinkmoe" --db "$db" run smoke train.seed=5 --name smoke >"$work/log" 2>&1 </dev/null || code=$?
expect "exit code of another list under the same name" "$code" 2
grep -q -- "--replace" "$work/log" || die "the refusal does not say what to do"
expect "runs after the refusal" "$(number "$db" "select count(*) from run")" 18
"$sinkmoe" --db "$db" run smoke train.seed=1 --name smoke --replace >"$work/log" 2>&1 </dev/null || die "--replace"
expect "listed runs" "$(number "$db" "select count(distinct run) from experiment_run")" 18

# A model leaves the program: as a folder that other programs read, and as a continuation.
run="$(number "$db" "select min(run_id) from run_wide where attention_kind = 'gated' and status = 'done'")"
"$sinkmoe" --db "$db" export model "$run" --out "$work/model" >"$work/log" 2>&1 || die "export model"
for file in config.json model.safetensors modeling_sinkmoe.py; do [ -s "$work/model/$file" ] || die "no $file"; done
code=0
"$sinkmoe" --db "$db" export model "$run" --out "$work/model" >"$work/log" 2>&1 || code=$?
expect "exit code of an export to an existing folder" "$code" 2
for seed in 1 1 2; do
  "$sinkmoe" --db "$db" sample "$run" "63 4 17" --tokens 8 --temperature 2 --seed "$seed" || die "sample"
done >"$work/samples" 2>"$work/log"
expect "different continuations by two seeds" "$(sort -u "$work/samples" | wc -l)" 2
grep -qE '^63 4 17( [0-9]+){8}$' "$work/samples" || die "a continuation has not 8 tokens"
code=0
"$sinkmoe" --db "$db" sample "$run" "63 99" >"$work/log" 2>&1 || code=$?
expect "exit code of an id outside the vocabulary" "$code" 2
for ids in 1,,2 ,1 1,x; do
  code=0
  "$sinkmoe" --db "$db" sample "$run" --ids "$ids" >"$work/log" 2>&1 || code=$?
  expect "exit code of the ids $ids" "$code" 2
done

"$sinkmoe" --db "$db" --json check >"$work/found.json" 2>"$work/log" || [ $? = 1 ] || die "check"
"$sinkmoe" --db "$db" check --found "$work/found.json" >"$work/log" 2>&1 || die "check finds something else than a moment ago"
grep -q '^C7 ' <("$sinkmoe" --db "$db" check --claims 2>/dev/null) || die "check --claims says nothing of C7"
