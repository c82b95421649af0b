-- Mean final loss by variant, balance loss and weight.
select attention_kind, balance_loss, balance_weight, count(*) as runs, round(avg(eval_loss), 4) as eval_loss
from run_wide
where status = 'done'
group by 1, 2, 3
order by 1, 2, 3;
