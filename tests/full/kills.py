"""kill -9 at random moments and at chosen calls: nothing committed is lost, nothing is stored twice, and the same command
again gives the bits of an uninterrupted sweep."""
import glob

from drill import *

PLACES = {"checkpoint": lambda path: ".runs/" in path, "journal": lambda path: path.endswith("-journal"),
          "database": lambda path: path.endswith(".db"), "copy": lambda path: ".before-v" in path}


class Kills:
    def __init__(self, options):
        self.options, self.random = options, random.Random(options.seed)
        self.places = dict.fromkeys(["moment", "claim", *PLACES, "merge", "migration", "elsewhere"], 0)
        self.kills = self.rows_seen = self.resumed = self.compared = self.fresh = 0
        self.sweep = SWEEP if options.body == "fake" else SWEEP + ["attention.kind=vanilla,sink", "balance.weight=0.01"]

    def run_arguments(self, db):
        return ["--db", db, "run", *self.sweep, "--workers", "2", "--keep", "all", "--crashes", "1000000"]

    def reference(self, folder):
        db = folder + "/whole/r.db"
        code, _, err = sinkmoe(self.run_arguments(db), body=self.options.body, seconds=600)
        need(code == 0, "the uninterrupted sweep: " + err)
        self.whole, self.allowed = tables(db), metrics(db)

    def fired(self, log):
        """Where the fault library killed, or None if the call was not reached."""
        if not os.path.exists(log):
            return None
        with open(log, encoding="utf-8") as file:
            lines = [line.split(maxsplit=3) for line in file if line.startswith("fired ")]
        for name in glob.glob(log + "*"):
            os.unlink(name)
        return lines[0][3].strip() if lines else None

    def count(self, place, path=None):
        if path is not None:
            place = next((name for name, fits in PLACES.items() if fits(path)), place)
        self.places[place] += 1
        self.kills += 1

    def check_after(self, db, before, attempts):
        """Right after a kill: all rows seen before still exist, and every row equals one of the reference."""
        if not os.path.exists(db) or not settled(db):
            return
        now = metrics(db)
        need(now <= self.allowed, "rows that no uninterrupted sweep has: %s" % list(now - self.allowed)[:3])
        lost = before - now
        if lost and value(db, "select count(*) from attempt") == attempts:
            raise Broken("committed rows are gone: %s" % list(lost)[:3])
        self.rows_seen += len(before)

    def snapshot(self, db):
        try:
            attempts = value(db, "select count(*) from attempt")  # first: an attempt that begins now removes rows
            return metrics(db), attempts
        except sqlite3.Error:  # not made yet, or being repaired
            return set(), -1

    def at_a_moment(self, db):
        process = start(self.run_arguments(db), body=self.options.body)
        time.sleep(self.random.uniform(0.004, self.options.longest))
        before, attempts = self.snapshot(db)
        kill_group(process)
        self.count("moment")
        self.check_after(db, before, attempts)

    def at_a_call(self, db, role):
        """The supervisor or its worker dies inside a write, sync, rename or unlink; then the whole process group dies."""
        folder, log = os.path.dirname(db), os.path.dirname(db) + ".log"
        last = self.options.calls if role == "worker" else 90
        path = folder
        if role == "worker" and self.random.random() < 0.4:  # inside the writing of a checkpoint
            path, last = folder + "/runs", 16
        what = "file:%d:%s" % (self.random.randint(1, last), self.random.choice(["kill", "torn"]))
        process = start(self.run_arguments(db), fault(what, path, role, log), self.options.body)
        end = time.monotonic() + self.options.longest * 4
        while process.poll() is None and time.monotonic() < end and not os.path.exists(log):
            time.sleep(0.01)
        before, attempts = self.snapshot(db)
        kill_group(process)
        path = self.fired(log)
        if path is None:
            self.count("moment")
        else:
            self.count("claim" if role == "run" and path.endswith("-journal") else "elsewhere",
                       None if role == "run" else path)
        self.check_after(db, before, attempts)

    def complete(self, db):
        code, _, err = sinkmoe(self.run_arguments(db), body=self.options.body, seconds=600)
        need(code == 0, "the same command again: %s" % err)
        need(tables(db) == self.whole, "tables differ from those of an uninterrupted sweep: " + difference(tables(db), self.whole))
        self.resumed += value(db, "select count(*) from attempt where start_step > 0")
        self.compared += len(self.whole[0]) + len(self.whole[1]) + len(self.whole[2])

    def series(self, folder, kills):
        """Kills one sweep until it is done or the number is reached; then finishes and compares it."""
        target, db = self.kills + kills, folder + "/cut/r.db"
        while self.kills < target:
            kind = self.random.random()
            if kind < 0.6:
                self.at_a_moment(db)
            else:
                self.at_a_call(db, "worker" if kind < 0.85 else "run")
            if os.path.exists(db) and os.path.getsize(db) and self.all_done(db):
                break
        self.complete(db)
        shutil.rmtree(folder + "/cut")
        self.fresh += 1

    @staticmethod
    def all_done(db):
        try:
            return value(db, "select count(*) > 0 and sum(status = 'done') = count(*) from run") == 1
        except sqlite3.Error:
            return False

    def of_command(self, folder, place, command, db, other, expected, calls):
        """A command that changes a database dies at a call; the same command succeeds the next time."""
        target, log = folder + "/" + place + ".db", folder + "/" + place + ".log"
        for name in os.listdir(folder):
            if name.startswith(place + ".db"):
                os.unlink(folder + "/" + name)
        shutil.copyfile(db, target)
        what = "file:%d:%s" % (self.random.randint(1, calls), self.random.choice(["kill", "torn"]))
        words = [word.format(db=target, other=other) for word in command]
        process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                                   env={**os.environ, **fault(what, target, None, log)})
        finish(process)
        path = self.fired(log)
        if path is None:
            return
        self.count(place)
        if place != "migration":
            settled(target)
        code, _, err = finish(subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        need(code == 0, "%s again: %s" % (place, err))
        need(value(target, "pragma integrity_check") == "ok", "integrity after a killed " + place)
        need(tables(target) == expected, "tables after a killed " + place + " at " + path)

    def commands(self, folder, kills):
        """Kills inside merge and migration."""
        half, other = folder + "/half.db", folder + "/whole/r.db"
        code, _, err = sinkmoe(["--db", half, "run", *self.sweep, "attention.kind=vanilla", "--keep", "all"])
        need(code == 0, err)
        merged = folder + "/merged.db"
        shutil.copyfile(half, merged)
        code, _, err = sinkmoe(["--db", merged, "merge", other])
        need(code == 0, err)
        merge = [SINKMOE, "--db", "{db}", "merge", "{other}"]
        migrate = [os.path.join(BUILD, "drill_migrate"), "{db}"]
        target = self.kills + kills
        tried = 0
        while self.kills < target and tried < 20 * kills:
            tried += 1
            if tried % 2:
                self.of_command(folder, "merge", merge, half, other, tables(merged), 45)
            else:
                self.of_command(folder, "migration", migrate, other, "", self.whole, 120)


def main():
    options = arguments(__doc__, kills=1000, body="fake", longest=0.25, calls=240, name="kills_fake")
    problem = ""
    drill, began = Kills(options), time.monotonic()
    try:
        with Folder() as folder:
            drill.reference(folder)
            if options.body == "fake":
                drill.commands(folder, options.kills // 10)
            while drill.kills < options.kills:
                drill.series(folder, min(12, options.kills - drill.kills))
    except Broken as broken:
        problem = str(broken)
    figures = {"body": options.body, "kills": drill.kills, "where": drill.places, "sweeps": drill.fresh,
               "rows_seen_before_a_kill": drill.rows_seen, "lost": 0 if not problem else None,
               "resumed_attempts": drill.resumed, "rows_and_hashes_compared": drill.compared, "seed": options.seed,
               "seconds": round(time.monotonic() - began)}
    return result(options.name, not problem, figures, [problem] if problem else [])


if __name__ == "__main__":
    sys.exit(main())
