-- Runs that need attention, the newest first.
select run_id, status, cause, message, label
from run
where status in ('failed', 'diverged', 'quarantined', 'lost', 'interrupted')
order by finished_us desc;
