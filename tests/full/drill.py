"""Shared by the drills: the program under test, the fault library, databases as text, results as JSON.

A drill is a program NAME.py beside its NAME.sh. It draws everything from --seed, so that what it found comes again, and
writes build/full/NAME.json. Exit code 0: every promise was kept.
"""
import argparse
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timezone

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SINKMOE = os.environ.get("SINKMOE", os.path.join(ROOT, "build", "sinkmoe"))
BUILD = os.path.dirname(os.path.realpath(SINKMOE))
RESULTS = os.environ.get("SINKMOE_RESULTS", os.path.join(ROOT, "build", "full"))
FAULTS = os.environ.get("SINKMOE_FAULTS", os.path.join(BUILD, "libfaults.so"))
# Six runs; a step of the fake job takes 2 ms.
SWEEP = ["smoke", "train.steps=40", "train.checkpoint_every=10", "run.log_every=2"]


class Broken(Exception):
    """A promise that was not kept."""


def arguments(description, **defaults):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seed", type=int, default=1)
    for name, value in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value)
    return parser.parse_args()


def need(condition, text):
    if not condition:
        raise Broken(text)


class Folder:
    """A temporary folder, in memory if possible. (A kill is not a power loss.)"""

    def __enter__(self):
        base = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.path = tempfile.mkdtemp(prefix="sinkmoe-drill-", dir=base)
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


def fault(what, path=None, role=None, log=None):
    """Environment with the fault library loaded; with what=None it only counts calls."""
    names = {"LD_PRELOAD": FAULTS, "SINKMOE_FAULT": what, "SINKMOE_FAULT_PATH": path,
             "SINKMOE_FAULT_ROLE": role, "SINKMOE_FAULT_LOG": log}
    return {name: value for name, value in names.items() if value is not None}


def start(arguments, env=None, body="fake"):
    """The program in a process group of its own. It makes no folder for a database, so this does."""
    if "--db" in arguments:
        os.makedirs(os.path.dirname(arguments[arguments.index("--db") + 1]), exist_ok=True)
    if arguments[0] == "run" or "run" in arguments[:3]:
        arguments = arguments + ["--job", body]
    return subprocess.Popen([SINKMOE] + arguments, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True, env={**os.environ, **(env or {})})


def finish(process, seconds=120):
    """(exit code or -signal, stdout, stderr); a process that takes longer is killed and counts as a hang."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise Broken("no end within %d s: %s" % (seconds, " ".join(process.args))) from None
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def sinkmoe(arguments, env=None, body="fake", seconds=120):
    return finish(start(arguments, env, body), seconds)


def kill_group(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()


def connect(db):
    """Opens the database read-only, like any other program."""
    return sqlite3.connect("file:%s?mode=ro" % db, uri=True, timeout=30)


METRICS = """select r.run_id, n.name, m.step, m.layer, m.head, m.value from metric m join run r on r.id = m.run
  join metric_name n on n.id = m.name where n.name not like '%tokens_per_s'"""


def metrics(db):
    connection = connect(db)
    try:
        return set(connection.execute(METRICS).fetchall())
    finally:
        connection.close()


def tables(db, every=10):
    """Everything that must not depend on interruptions: runs, metrics, histograms, hashes of checkpoints. A requested stop
    leaves a checkpoint at an arbitrary step, so only those at multiples of `every` are compared."""
    connection = connect(db)
    try:
        queries = [METRICS + " order by 1, 2, 3, 4, 5",
                   "select r.run_id, h.name, h.step, h.layer, h.head, h.counts from histogram h join run r on r.id = h.run"
                   " order by 1, 2, 3, 4, 5",
                   "select r.run_id, c.step, c.final, c.path, c.bytes, c.sha256 from checkpoint c join run r on r.id = c.run"
                   " where c.final or c.step %% %d = 0 and c.step < (select p.value from param p where p.run = r.id and"
                   " p.key = 'train.steps') order by 1, 2, 3" % every,
                   "select run_id, status, config from run order by 1"]
        return [connection.execute(query).fetchall() for query in queries]
    finally:
        connection.close()


def difference(got, wanted):
    return "; ".join("too much %s, missing %s" % ([r for r in a if r not in b][:3], [r for r in b if r not in a][:3])
                     for a, b in zip(got, wanted) if a != b)


def value(db, sql):
    connection = connect(db)
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()


def settled(db):
    """The next command repairs the file after a crash by itself; the file is then intact."""
    code, _, err = sinkmoe(["--db", db, "query", "select count(*) from run"])
    if code != 0:
        need("is empty" in err or "no database" in err or "older version" in err, "after a kill, query says: " + err)
        if not os.path.exists(db) or os.path.getsize(db) == 0 or "is empty" in err:
            return False
    need(value(db, "pragma integrity_check") == "ok", "integrity_check of " + db)
    return True


def result(name, passed, figures, problems=()):
    os.makedirs(RESULTS, exist_ok=True)
    record = {"name": name, "passed": passed, "date": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
              "commit": os.environ.get("SINKMOE_COMMIT", "unknown"), "machine": os.environ.get("SINKMOE_MACHINE", "unknown"),
              "figures": figures, "problems": list(problems)[:200]}
    with open(os.path.join(RESULTS, name + ".json"), "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.write("\n")
    print(json.dumps(figures))
    for problem in record["problems"][:20]:
        print("PROBLEM: " + problem, file=sys.stderr)
    return 0 if passed else 1


__all__ = [name for name in dir() if not name.startswith("_")]
