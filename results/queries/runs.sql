-- One short row for each run; `sinkmoe query --vertical "select * from run_wide where ..."` shows everything of a run.
select w.run_id, w.status, w.label,
  (select round(f.value, 4) from v_final f where f.run_id = w.run_id and f.name = 'eval/loss') as eval_loss,
  (select round(f.value, 4) from v_final f where f.run_id = w.run_id and f.name = 'eval/imbalance') as imbalance
from run_wide w;
