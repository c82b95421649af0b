"""SIGTERM, SIGUSR1, SIGUSR2, SIGINT and SIGHUP at random moments while a sweep is at work, from its first line of work to its last:
it stops with a checkpoint within 10 s and with code 75, and the same command again goes on; in the end the tables are those
of a sweep that was never stopped. A program that is still being loaded ends by the signal, as any program: such moments are
tried as well, and counted apart."""
import hashlib

from drill import *

SIGNALS = [signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGHUP]
OF_A_TERMINAL = [signal.SIGINT, signal.SIGHUP]  # which sends them to the workers, too
LONGEST = 10.0
SWEEPS = {"fake": SWEEP,
          "train": ["smoke", "train.steps=500", "train.checkpoint_every=50", "run.log_every=10", "attention.kind=vanilla,sink",
                    "balance.weight=0.01"]}
CHECKPOINT_EVERY = {"fake": 10, "train": 50}


def at_work(pid):
    """Whether its handlers are installed: from before the database is opened until the last run is recorded."""
    try:
        with open("/proc/%d/status" % pid, encoding="utf-8") as file:
            caught = [int(line.split()[1], 16) for line in file if line.startswith("SigCgt:")]
    except OSError:
        return False
    return bool(caught) and all(caught[0] >> (number - 1) & 1 for number in SIGNALS)


def files(folder):
    """Every file below a folder with its hash."""
    paths = sorted(os.path.join(place, name) for place, _, names in os.walk(folder) for name in names)
    return [(path, hashlib.sha256(open(path, "rb").read()).hexdigest()) for path in paths]


def stopped_well(db, code):
    """No lease, no run in progress; after code 0 nothing is left to do."""
    need(value(db, "select count(*) from lease") == 0, "a lease is left")
    allowed = "('done', 'interrupted', 'planned')" if code == 75 else "('done')"
    wrong = connect(db).execute("select run_id, status, cause, message from run where status not in " + allowed).fetchall()
    need(not wrong, "code %d, but there are runs that are not in %s: %s" % (code, allowed, wrong))
    need(value(db, "pragma integrity_check") == "ok", "integrity_check")


class Signals:
    def __init__(self, options, folder):
        self.options, self.folder, self.random = options, folder, random.Random(options.seed)
        self.moments = ["loading"] * options.early + ["work"] * options.signals
        self.random.shuffle(self.moments)
        self.sent = self.early = self.resumed = self.sweeps = 0
        self.codes, self.slowest, self.loading = {}, 0.0, 0.0

    def command(self, db):
        return ["--db", db, "run", *SWEEPS[self.options.body], "--workers", "2", "--keep", "all"]

    def start(self, db):
        return start(self.command(db), body=self.options.body)

    def whole(self, db):
        code, _, err = sinkmoe(self.command(db), body=self.options.body, seconds=600)
        need(code == 0, "the same command again: " + err)
        return tables(db, CHECKPOINT_EVERY[self.options.body])

    def send(self, process, count):
        number = SIGNALS[count % len(SIGNALS)]
        if number in OF_A_TERMINAL:
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)
        return number

    @staticmethod
    def wait_for_work(process, seconds=60.0):
        """Waits until the program is at work, or for the given time; returns the waiting time."""
        began = time.monotonic()
        while process.poll() is None and not at_work(process.pid) and time.monotonic() - began < seconds:
            time.sleep(0.001)
        return time.monotonic() - began

    def in_work(self, db):
        """Returns whether there was still work to stop, and the exit code."""
        process = self.start(db)
        self.loading = self.wait_for_work(process)
        time.sleep(self.random.uniform(0, self.options.longest))
        if not at_work(process.pid):
            return False, finish(process)[0]
        asked = time.monotonic()
        number = self.send(process, self.sent)
        code, _, err = finish(process, 60)
        took = time.monotonic() - asked
        self.slowest = max(self.slowest, took)
        self.sent += 1
        self.codes[code] = self.codes.get(code, 0) + 1
        need(took <= LONGEST, "it took %.1f s to stop" % took)
        need(code in (0, 75), "code %d after signal %d: %s" % (code, number, err))
        stopped_well(db, code)
        return True, code

    def in_loading(self, db):
        """Returns whether it was still being loaded, and the exit code."""
        before = files(os.path.dirname(db))
        process = self.start(db)
        self.wait_for_work(process, self.random.uniform(0, 0.8 * self.loading))
        if process.poll() is not None or at_work(process.pid):
            return False, finish(process)[0]
        number = self.send(process, self.early)
        code, _, err = finish(process, 60)
        if code == 75:  # it got to work meanwhile
            return False, code
        need(code == -number, "code %d after signal %d to a program that is being loaded: %s" % (code, number, err))
        need(files(os.path.dirname(db)) == before, "files have changed")
        self.early += 1
        return True, code

    def one_sweep(self, wanted):
        db = "%s/%d/r.db" % (self.folder, self.sweeps)
        code = 75
        while self.moments and code != 0:
            sent, code = self.in_work(db) if self.moments[-1] == "work" else self.in_loading(db)
            if sent:
                self.moments.pop()
        made = self.whole(db)
        need(made == wanted, "tables differ from those of a sweep that was not stopped: " + difference(made, wanted))
        self.resumed += value(db, "select count(*) from attempt where start_step > 0")
        self.sweeps += 1
        shutil.rmtree(os.path.dirname(db))

    def run(self):
        wanted = self.whole(self.folder + "/whole/r.db")
        probe = self.start(self.folder + "/probe/r.db")
        self.loading = self.wait_for_work(probe)
        kill_group(probe)
        while self.moments:
            self.one_sweep(wanted)


def main():
    options = arguments(__doc__, signals=200, early=20, body="fake", longest=0.4, name="signals_fake")
    began, problem = time.monotonic(), ""
    for number in SIGNALS:  # a program started in the background would ignore some of them until it is at work
        signal.signal(number, signal.default_int_handler)
    with Folder() as folder:
        drill = Signals(options, folder)
        try:
            drill.run()
        except Broken as broken:
            problem = str(broken)
    figures = {"body": options.body, "signals": drill.sent, "exit_codes": {str(k): v for k, v in sorted(drill.codes.items())},
               "slowest_stop_s": round(drill.slowest, 2), "signals_while_loading": drill.early,
               "resumed_attempts": drill.resumed, "sweeps_finished_and_compared": drill.sweeps, "seed": options.seed,
               "seconds": round(time.monotonic() - began)}
    return result(options.name, not problem, figures, [problem] if problem else [])


if __name__ == "__main__":
    sys.exit(main())
