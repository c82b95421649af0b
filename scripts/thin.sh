#!/usr/bin/env bash
# Makes a database of results small enough to pass on, without changing any table or figure of plots/.
#
# scripts/thin.sh DATABASE
#   Deletes what no figure draws: between the first and the last evaluation, metrics of heads (first_weight, value_ratio,
#   out_norm, the quantiles of gates; importance except in runs that start from another run) and of the model (perplexity,
#   top_quarter_share and the sink rates at other thresholds); of training, steps that are no multiple of
#   100. Then compacts the file.
#
# The runs, their configurations, events and all other numbers stay. Doing it again changes nothing. Needs the sqlite3 shell.
# Cost: what is deleted comes back only by training again, so work on a copy. Time: seconds.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h | --help) help_text; exit 0 ;;
esac
[ $# = 1 ] || fail "thin.sh needs one database" "scripts/thin.sh results/copy.db"
[ -e "$1" ] || fail "$1 does not exist"
command -v sqlite3 >/dev/null || fail "there is no sqlite3" "apt-get install sqlite3"
before="$(stat -c %s "$1")"
sqlite3 -bail "$1" "
begin immediate;
create temp table ends(run integer, name integer, first integer, last integer, primary key(run, name)) without rowid;
insert into ends select run, name, min(step), max(step) from metric where name in (select id from metric_name where
  name = 'head/importance' and (select parent_id from run where id = metric.run) is null or name in
  ('head/first_weight', 'head/value_ratio', 'head/out_norm', 'head/gate_q10', 'head/gate_q50', 'head/gate_q90',
   'eval/perplexity', 'eval/top_quarter_share', 'eval/sink_rate_10', 'eval/sink_rate_20',
   'eval/sink_rate_50', 'eval/sink_rate_80'))
  group by run, name;
delete from metric where exists
  (select 1 from ends e where e.run = metric.run and e.name = metric.name and metric.step > e.first and metric.step < e.last);
delete from metric where step % 100 <> 0 and name in (select id from metric_name where name like 'train/%');
commit;
vacuum;"
say "$1: $before bytes before, $(stat -c %s "$1") after"
