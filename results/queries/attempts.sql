-- Where and how long every attempt ran.
select r.run_id, a.attempt, a.outcome, a.start_step, a.host, a.device, a.processor, a.threads,
  round((a.ended_us - a.started_us) / 1e6, 1) as seconds, substr(a.git_commit, 1, 10) as git_commit, a.git_dirty
from attempt a join run r on r.id = a.run
order by a.started_us;
