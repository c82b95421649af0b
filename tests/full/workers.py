"""Eight workers, five hundred short runs, two hundred kills, some workers stopped until their lease has expired: every run is
done exactly once, and no worker that lost its lease writes."""
import threading

from drill import *

RUNS = ["smoke", "attention.kind=vanilla", "balance.weight=0", "train.steps=30", "train.checkpoint_every=10", "run.log_every=5"]


def command(db, options, seeds):
    return ["--db", db, "run", *RUNS, "train.seed=seeds(%d)" % seeds, "--workers", str(options.workers), "--lease",
            str(options.lease), "--crashes", "1000000", "--keep", "none"]


class Disturber:
    """Kills workers during the sweep, and stops some until their lease has expired."""

    def __init__(self, db, options):
        self.db, self.options, self.random = db, options, random.Random(options.seed)
        self.kills = self.stops = self.outlived = 0
        self.stopped = {}  # pid -> (until, run, epoch, start time)

    def holders(self):
        connection = None
        try:
            connection = connect(self.db)
            return connection.execute("select l.pid, l.run, l.epoch, l.start from lease l join attempt a on a.run = l.run and "
                                      "a.pid = l.pid and a.ended_us is null").fetchall()
        except sqlite3.Error:
            return []  # not made yet
        finally:
            if connection:
                connection.close()

    @staticmethod
    def is_that(pid, started):
        """Whether this is still the same process, not another one with its pid."""
        try:
            with open("/proc/%d/stat" % pid, encoding="utf-8") as file:
                return int(file.read().rsplit(")", 1)[1].split()[19]) == started
        except (OSError, IndexError, ValueError):
            return False

    def signal(self, pid, started, number):
        if self.is_that(pid, started):
            os.kill(pid, number)
            return True
        return False

    def wake(self):
        """A worker that outlives its lease continues where it was, and finds that it may not write."""
        for pid, (until, started) in list(self.stopped.items()):
            if time.monotonic() > until:
                self.outlived += self.signal(pid, started, signal.SIGCONT)
                del self.stopped[pid]

    def once(self):
        self.wake()
        holders = [h for h in self.holders() if h[0] not in self.stopped]
        if not holders:
            return
        pid, _, _, started = self.random.choice(holders)
        if self.random.random() < 0.2 and self.stops < self.options.stops:
            if self.signal(pid, started, signal.SIGSTOP):
                self.stops += 1
                # Half of them continue before the supervisor ends them, close to the end of their lease.
                self.stopped[pid] = (time.monotonic() + self.options.lease * self.random.uniform(0.9, 1.6), started)
        elif self.kills < self.options.kills:
            self.kills += self.signal(pid, started, signal.SIGKILL)

    def until(self, process):
        while process.poll() is None:
            self.once()
            time.sleep(self.options.pause)


def promises(db, whole, options):
    need(value(db, "pragma integrity_check") == "ok", "integrity_check")
    need(value(db, "select count(*) from run where status = 'done'") == options.runs, "not every run is done")
    need(value(db, "select count(*) from lease") == 0, "a lease is left")
    twice = value(db, "select count(*) from (select run from attempt where outcome = 'done' group by run having count(*) <> 1)")
    need(twice == 0, "%d runs were done twice" % twice)
    need(value(db, "select count(*) from attempt where ended_us is null") == 0, "an attempt has no end")
    # A write under an old epoch would leave a row of a step that the last attempts did not compute, or another value.
    need(tables(db)[:2] == whole[:2], "metrics differ from those of an undisturbed sweep")
    fenced = value(db, """select count(*) from event e join attempt a on a.run = e.run and a.attempt = e.attempt
        where a.ended_us is not null and e.at_us > a.ended_us and e.kind not in ('lost', 'merge', 'again')""")
    need(fenced == 0, "%d events of attempts that were over" % fenced)
    return value(db, "select count(*) from attempt")


def main():
    options = arguments(__doc__, runs=500, workers=8, kills=200, stops=40, lease=2.0, pause=0.04, name="workers")
    began, problem, attempts = time.monotonic(), "", 0
    with Folder() as folder:
        db, quiet = folder + "/r.db", folder + "/whole/r.db"
        disturber = Disturber(db, options)
        try:
            code, _, err = sinkmoe(command(quiet, options, options.runs), seconds=1200)
            need(code == 0, "the undisturbed sweep: " + err[-500:])
            process = start(command(db, options, options.runs))
            # The pipes are read continuously; otherwise the sweep would block.
            read = []
            reader = threading.Thread(target=lambda: read.append(process.communicate()))
            reader.start()
            disturber.until(process)
            reader.join()
            need(process.returncode == 0, "the disturbed sweep, code %d: %s" % (process.returncode, read[0][1][-800:]))
            attempts = promises(db, tables(quiet), options)
            need(disturber.kills >= options.kills, "only %d kills and %d stops fitted in" %
                 (disturber.kills, disturber.stops))
        except Broken as broken:
            problem = str(broken)
    figures = {"runs": options.runs, "workers": options.workers, "kills": disturber.kills, "stopped": disturber.stops,
               "went_on_after_their_lease": disturber.outlived, "lease_s": options.lease, "attempts": attempts,
               "done_twice": 0 if not problem else None, "fenced_writes": 0 if not problem else None, "seed": options.seed,
               "seconds": round(time.monotonic() - began)}
    return result(options.name, not problem, figures, [problem] if problem else [])


if __name__ == "__main__":
    sys.exit(main())
