"""SIGTERM, SIGUSR1, SIGINT and SIGHUP at random moments: every run stops with a checkpoint, the sweep ends within 10 s with
code 75, and the same command again goes on; in the end the tables are those of a sweep that was never stopped."""
from drill import *

SIGNALS = [signal.SIGTERM, signal.SIGUSR1, signal.SIGINT, signal.SIGHUP]
LONGEST = 10.0


def stopped_well(db):
    """No lease, no run under way; a run that was begun has a checkpoint unless it had not made a step."""
    need(value(db, "select count(*) from lease") == 0, "a lease is left")
    wrong = value(db, "select count(*) from run where status not in ('done', 'interrupted', 'planned')")
    need(wrong == 0, "runs are neither done, interrupted nor planned: %s" % connect(db).execute(
        "select run_id, status, cause, message from run where status not in ('done', 'interrupted', 'planned')").fetchall())
    need(value(db, "pragma integrity_check") == "ok", "integrity_check")


def main():
    options = arguments(__doc__, signals=200, body="fake", longest=0.4, name="signals_fake")
    randoms, began, problem, slowest, sent, codes, sweeps = random.Random(options.seed), time.monotonic(), "", 0.0, 0, {}, 0
    sweep = SWEEP if options.body == "fake" else [*SWEEP[:1], "train.steps=200", "attention.kind=vanilla,sink", "balance.weight=0"]
    try:
        with Folder() as folder:
            command = lambda db: ["--db", db, "run", *sweep, "--workers", "2", "--keep", "all"]
            whole = folder + "/whole/r.db"
            code, _, err = sinkmoe(command(whole), body=options.body, seconds=600)
            need(code == 0, "the sweep that is not stopped: " + err)
            while sent < options.signals:
                db = "%s/%d/r.db" % (folder, sweeps)
                while sent < options.signals:
                    process = start(command(db), body=options.body)
                    time.sleep(randoms.uniform(0.0, options.longest))
                    if process.poll() is None:
                        sent += 1
                        process.send_signal(SIGNALS[sent % len(SIGNALS)])
                    asked = time.monotonic()
                    code, _, err = finish(process, 60)
                    took = time.monotonic() - asked
                    slowest = max(slowest, took)
                    need(took <= LONGEST, "it took %.1f s to stop" % took)
                    codes[code] = codes.get(code, 0) + 1
                    # A signal before the program has begun ends it as any program: nothing is written then.
                    early = code < 0 and not os.path.exists(db)
                    need(code in (0, 75) or early or (code < 0 and process.args and settled(db)), "code %d: %s" % (code, err))
                    if os.path.exists(db) and settled(db) and code in (0, 75):
                        stopped_well(db)
                    if code == 0:
                        break
                code, _, err = sinkmoe(command(db), body=options.body, seconds=600)
                need(code == 0, "the same command again: " + err)
                need(tables(db) == tables(whole), "tables differ from those of a sweep that was not stopped: " +
                     difference(tables(db), tables(whole)))
                sweeps += 1
                shutil.rmtree(os.path.dirname(db))
    except Broken as broken:
        problem = str(broken)
    figures = {"body": options.body, "signals": sent, "exit_codes": {str(k): v for k, v in sorted(codes.items())},
               "slowest_stop_s": round(slowest, 2), "sweeps_finished_and_compared": sweeps, "seed": options.seed,
               "seconds": round(time.monotonic() - began)}
    return result(options.name, not problem, figures, [problem] if problem else [])


if __name__ == "__main__":
    sys.exit(main())
