"""Every write, sync, rename, open, unlink and allocation fails once: no crash, no damaged file, a message with file and
cause, and the same command succeeds the next time."""
import concurrent.futures
import glob
import hashlib

from drill import *

ACTIONS = {"open": ["ENOSPC", "EMFILE", "EINTR"], "write": ["ENOSPC", "EIO", "EINTR", "short"], "fsync": ["EIO", "EINTR"],
           "rename": ["EIO", "ENOSPC"], "unlink": ["EIO"], "truncate": ["EIO"], "malloc": ["ENOMEM"]}
CAUSES = ["No space left", "disk is full", "Input/output error", "disk I/O error", "Interrupted", "Too many open files",
          "unable to open", "out of memory", "Cannot allocate", "cannot be opened", "reading or writing", "for reading only", "too much memory",
          "memory has run out"]
RUN = ["run", "smoke", "attention.kind=vanilla", "balance.weight=0", "train.steps=20", "train.checkpoint_every=8",
       "run.log_every=4", "--workers", "1", "--keep", "all"]


def digest(folder):
    """Hash of every file below a folder."""
    files = sorted(glob.glob(folder + "/**", recursive=True))
    return [(os.path.relpath(f, folder), hashlib.sha256(open(f, "rb").read()).hexdigest()) for f in files if os.path.isfile(f)]


class Operation:
    """A command in its own folder, copied from a template, and the expected result."""

    def __init__(self, name, command, role, made):
        self.name, self.command, self.role, self.made = name, command, role, made

    def words(self, folder):
        return [word.format(folder=folder) for word in self.command]

    def prepare(self, template, folder):
        shutil.copytree(template, folder)


class Drill:
    def __init__(self, options, base):
        self.options, self.base, self.random = options, base, random.Random(options.seed)
        self.template = base + "/template"
        self.problems, self.counts, self.ends = [], {}, {}
        os.makedirs(self.template)
        whole = self.template + "/other.db"
        sinkmoe(["--db", whole, *RUN[:2], "attention.kind=sink", *RUN[4:]])
        code, _, err = sinkmoe(["--db", self.template + "/ready.db", *RUN])
        need(code == 0, err)
        self.run_id = value(self.template + "/ready.db", "select run_id from run")
        os.makedirs(self.template + "/texts")
        for i in range(4):
            with open(self.template + "/texts/%d.txt" % i, "w", encoding="utf-8") as file:
                file.write("".join("the ship %d went over the stone and the sea\n" % (j * (7 + i) % 97 + i) for j in range(400)))

    def operations(self):
        db = lambda name: ["--db", "{folder}/" + name]
        return [Operation("run: worker", db("new/r.db") + RUN, "worker", lambda f: tables(f + "/new/r.db", 8)),
                Operation("run: supervisor", db("new/r.db") + RUN, "run", lambda f: tables(f + "/new/r.db", 8)),
                Operation("merge", db("ready.db") + ["merge", "{folder}/other.db"], None, lambda f: tables(f + "/ready.db")),
                Operation("void", db("ready.db") + ["void", self.run_id, "--why", "a drill"], None,
                          lambda f: tables(f + "/ready.db")),
                Operation("doctor", db("ready.db") + ["doctor"], None, lambda f: tables(f + "/ready.db")),
                Operation("report", db("ready.db") + ["report", "main_table", "--out", "{folder}/out"], None,
                          lambda f: [d for d in digest(f + "/out") if d[0].endswith((".md", ".csv", ".tex"))]),
                Operation("data import", ["data", "import", "{folder}/texts", "--out", "{folder}/set", "--vocab", "300"], None,
                          lambda f: [d for d in digest(f + "/set") if d[0].endswith(".tokens")]),
                Operation("query", db("ready.db") + ["query", "select count(*), max(eval_loss) from run_wide"], None,
                          lambda f: tables(f + "/ready.db")),
                Operation("plan", ["plan", "smoke"], None, lambda f: [])]

    def counted(self, operation):
        """Number of calls of each kind without a fault, and the result of the operation."""
        folder, log = self.base + "/clean", self.base + "/clean.log"
        operation.prepare(self.template, folder)
        code, out, err = sinkmoe(operation.words(folder), fault(None, folder, operation.role, log))
        need(code == 0 or (operation.name == "report" and code == 1), "%s without a fault: %s" % (operation.name, err))
        calls = {}
        for line in open(log, encoding="utf-8"):
            what, kind, number = line.split()[:3]
            if what == "counted" and kind in ACTIONS:
                calls[kind] = max(calls.get(kind, 0), int(number))
        made = operation.made(folder)
        shutil.rmtree(folder)
        os.unlink(log)
        return calls, made, code

    def points(self, calls):
        for kind, number in calls.items():
            most = self.options.most_malloc if kind == "malloc" else self.options.most
            every = range(1, number + 1) if number <= most else sorted(self.random.sample(range(1, number + 1), most))
            for n in every:
                for action in ACTIONS[kind]:
                    yield "%s:%d:%s" % (kind, n, action)
            if kind == "write" and number:  # a disk that stays full
                yield from ("write:%d+:ENOSPC" % self.random.randint(1, number) for _ in range(self.options.most // 4))

    def check(self, operation, point, index, made, good_code):
        folder = "%s/w%d" % (self.base, index)
        operation.prepare(self.template, folder)
        words = operation.words(folder)
        try:
            code, out, err = sinkmoe(words, fault(point, folder, operation.role, folder + ".log"), seconds=60)
            fired = os.path.exists(folder + ".log") and "fired" in open(folder + ".log", encoding="utf-8").read()
            need(code >= 0 and code < 120, "ended by signal %d" % -code)
            need("terminate called" not in err, "terminate: " + err[-300:])
            self.count(operation, point, code if fired else None)
            if code not in (0, good_code):
                text = err + out
                need(any(cause in text for cause in CAUSES), "code %d without a cause: %s" % (code, text[-300:]))
                need(point.startswith("malloc") or folder in text, "code %d without a file: %s" % (code, text[-300:]))
            left = [f for f in glob.glob(folder + "/**", recursive=True, include_hidden=True) if ".tmp" in f or ".probe" in f]
            need(not left or "unlink" in point, "left behind: %s" % left)
            code, out, err = sinkmoe(words, seconds=60)
            again = code == 2 and operation.name == "void" and "void already" in err
            need(code == good_code or again, "the same command again, code %d: %s" % (code, err[-300:]))
            need(operation.made(folder) == made, "it made something else")
            for db in glob.glob(folder + "/**/*.db", recursive=True):
                need(value(db, "pragma integrity_check") == "ok", "integrity of " + db)
        except Broken as broken:
            return "%s, %s: %s" % (operation.name, point, broken)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            for name in glob.glob(folder + ".log*"):
                os.unlink(name)
        return ""

    def count(self, operation, point, code):
        kind, _, action = point.split(":")
        key = (operation.name, kind, action)
        self.counts[key] = self.counts.get(key, 0) + (code is not None)
        end = "not reached" if code is None else "went on" if code == 0 else "stopped with a message"
        self.ends[end] = self.ends.get(end, 0) + 1

    def run(self):
        known = [(o, *self.counted(o)) for o in self.operations() if self.options.only in o.name]
        with concurrent.futures.ThreadPoolExecutor(self.options.jobs) as pool:
            jobs = []
            for operation, calls, made, code in known:
                for point in self.points(calls):
                    jobs.append(pool.submit(self.check, operation, point, len(jobs), made, code))
            for job in jobs:
                if job.result():
                    self.problems.append(job.result())


def main():
    options = arguments(__doc__, most=200, most_malloc=150, jobs=3, only="", name="faults")
    began = time.monotonic()
    with Folder() as base:
        drill = Drill(options, base)
        drill.run()
    by_kind, by_operation = {}, {}
    for (operation, kind, _), number in drill.counts.items():
        by_kind[kind] = by_kind.get(kind, 0) + number
        by_operation[operation] = by_operation.get(operation, 0) + number
    figures = {"faults": sum(by_kind.values()), "by_call": by_kind, "by_operation": by_operation, "ends": drill.ends,
               "broken": len(drill.problems), "seed": options.seed, "seconds": round(time.monotonic() - began)}
    return result(options.name, not drill.problems, figures, drill.problems)


if __name__ == "__main__":
    sys.exit(main())
