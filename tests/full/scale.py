"""A thousand stored runs with a million metric rows: times status, saved queries, the report and opening."""
import glob
import resource

from drill import *

LIMITS = {"status": 0.2, "status smoke": 0.2, "query": 0.2, "report": 5.0, "open": 0.1}
EVAL = ["eval/loss", "eval/floor", "eval/accuracy", "eval/imbalance", "eval/max_layer_cv", "eval/sink_rate", "eval/gate_mean",
        "eval/perplexity", "eval/max_first_weight", "eval/loss_copy", "eval/loss_chain"]
TRAIN = ["train/loss", "train/aux_loss", "train/grad_norm", "train/lr"]
NAMES = {"run": EVAL + TRAIN, "head": ["head/importance", "head/first_weight", "head/value_ratio", "head/out_norm",
                                       "head/gate_q10", "head/gate_q50", "head/gate_q90"]}
SWEEP_OF = ["train.steps=30", "run.log_every=5"]


def grow(db, runs, rows):
    """Rows for every planned run, as training would store them. They are written directly, because training a thousand runs
    would take hours."""
    connection = sqlite3.connect(db)
    connection.execute("pragma foreign_keys = on")
    one = connection.execute("select id from run where status = 'done' limit 1").fetchone()[0]
    ids = [row[0] for row in connection.execute("select id from run where status = 'planned'")]
    for name, level in [(name, level) for level, names in NAMES.items() for name in names]:
        connection.execute("insert or ignore into metric_name(name, level, unit, better, help) values(?, ?, '', '', '')",
                           (name, level))
    number = dict(connection.execute("select name, id from metric_name"))
    connection.execute("""insert into attempt(run, attempt, epoch, host, pid, device, processor, threads, git_commit, git_dirty,
        build, start_step, started_us, ended_us, outcome) select r.id, a.attempt, a.epoch, a.host, a.pid, a.device, a.processor,
        a.threads, a.git_commit, a.git_dirty, a.build, 0, a.started_us, a.ended_us, 'done' from run r, attempt a where a.run = ?
        and r.status = 'planned'""", (one,))
    head_rows = 12 * 8 * len(NAMES["head"])
    train_steps = max(1, (rows // len(ids) - head_rows - 12 * len(EVAL)) // len(TRAIN))
    randoms = random.Random(5)

    def values():
        for run in ids:
            for name in TRAIN:
                for step in range(train_steps):
                    yield run, number[name], step * 10, -1, -1, randoms.random()
            for step in range(0, 36, 3):
                for name in EVAL:
                    yield run, number[name], step, -1, -1, 1 + randoms.random()
                for name in NAMES["head"]:
                    for head in range(8):
                        yield run, number[name], step, head // 4, head % 4, randoms.random()

    connection.executemany("insert or replace into metric values(?, ?, ?, ?, ?, ?)", values())
    connection.execute("update run set status = 'done', cause = 'done', finished_us = created_us where status = 'planned'")
    connection.commit()
    connection.close()


def best(arguments, codes=(0,), times=5):
    """Shortest wall time of several, because the machine may be busy, and the processor time of that one."""
    taken = []
    for _ in range(times):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        code, _, err = sinkmoe(arguments)
        wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        need(code in codes, "%s: %s" % (arguments, err))
        taken.append((round(wall, 3), round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 3)))
    return min(taken)


def measure(db, folder, options):
    times = {"open": best(["--db", db, "query", "select 1"])}
    times["status"] = best(["--db", db, "status"])
    times["status smoke"] = best(["--db", db, "status", "smoke"])
    for file in sorted(glob.glob(ROOT + "/results/queries/*.sql")):
        name = os.path.basename(file)[:-4]
        times["query " + name] = best(["--db", db, "query", name])
    times["query run_wide"] = best(["--db", db, "query", "select attention_kind, balance_weight, avg(eval_loss) from run_wide "
                                    "group by 1, 2"])
    times["report"] = best(["--db", db, "report", "--out", folder + "/out"], codes=(0, 1), times=2)
    return times


def main():
    options = arguments(__doc__, runs=1000, rows=1000000, name="scale")
    problem, times, size, counted = "", {}, 0, [0, 0]
    with Folder() as folder:
        db = folder + "/r.db"
        try:
            one = ["--db", db, "run", "smoke", *SWEEP_OF, "attention.kind=vanilla", "balance.weight=0", "--keep", "none"]
            code, _, err = sinkmoe(one)
            need(code == 0, err)
            # Interrupted at once: the plan is in the database, but no run was trained.
            process = start(["--db", db, "run", "smoke", *SWEEP_OF, "train.seed=seeds(%d)" % (options.runs // 6 + 1),
                             "--name", "smoke"])
            while value(db, "select count(*) from run") < options.runs:
                time.sleep(0.02)
            kill_group(process)
            settled(db)
            sqlite3.connect(db).executescript("delete from lease; update run set status = 'planned' where status <> 'done'")
            grow(db, options.runs, options.rows)
            counted = [value(db, "select count(*) from run"), value(db, "select count(*) from metric")]
            size = os.path.getsize(db)
            times = measure(db, folder, options)
            for name, (wall, cpu) in times.items():
                limit = LIMITS.get(name, LIMITS["query"])
                need(wall <= limit, "%s takes %.3f s (%.3f s of processor), limit %.1f s" % (name, wall, cpu, limit))
        except Broken as broken:
            problem = str(broken)
    figures = {"runs": counted[0], "metric_rows": counted[1], "megabytes": round(size / 1e6),
               "wall_s": {name: t[0] for name, t in times.items()}, "processor_s": {name: t[1] for name, t in times.items()}}
    return result(options.name, not problem, figures, [problem] if problem else [])


if __name__ == "__main__":
    sys.exit(main())
