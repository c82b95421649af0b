-- Mean final loss over seeds of each configuration: runs on other data or of another size are never averaged.
select attention_kind, balance_loss, balance_weight, iif(data_source = 'text', data_path, data_source) as data,
  model_layers as layers, model_width as width, train_steps as steps, train_lr as lr,
  count(*) as runs, round(avg(eval_loss), 4) as eval_loss
from run_wide
where status = 'done'
group by group_id
order by data, layers, width, steps, lr, attention_kind, balance_loss, balance_weight;
