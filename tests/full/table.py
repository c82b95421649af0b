"""Writes docs/reliability.md from the results that the drills left in build/full. Every line of it was measured."""
import glob
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.environ.get("SINKMOE_RESULTS", os.path.join(ROOT, "build", "full"))

HEAD = """# Reliability

What `scripts/test.sh --full` measured. Each line below was written by one test of `tests/full/`, here called a drill, into
`build/full/`; `scripts/reliability_table.sh` makes this page from those files. A drill takes all its random choices from its seed. The
drills of the queue run the real supervisor, workers and database with a job that pretends to train (`src/queue/jobs/fake.cpp`);
`kills_train`, `signals_train` and `readers` run the real training job; `docs/running.md` says what to expect of them. Kills and faults at a given call come from a fault library
(`tests/faults/faults.cpp`), which fails, shortens or kills at the n-th write, sync, rename, open, unlink, truncate or allocation. The databases
are in memory (tmpfs), so these tests say nothing about power loss.

"""


def kills(f):
    where = ", ".join("%d %s" % (n, {"moment": "at a random moment", "claim": "in claim or planning", "checkpoint": "in a "
                      "checkpoint", "journal": "in a commit's journal", "database": "in a commit's pages", "copy": "in the copy "
                      "before a migration", "merge": "in merge", "migration": "in migration", "elsewhere": "elsewhere"}[place])
                      for place, n in f["where"].items() if n)
    return ("%d kills (%s); %d rows in the database just before a kill, %s lost; %d sweeps finished, %d rows and checkpoint hashes "
            "equal to those of an uninterrupted sweep, %d attempts resumed" %
            (f["kills"], where, f["rows_seen_before_a_kill"], f["lost"], f["sweeps"], f["rows_and_hashes_compared"],
             f["resumed_attempts"]))


def faults(f):
    calls = ", ".join("%d %s" % (n, call) for call, n in f["by_call"].items())
    return ("%d faults (%s) in %d commands; %d commands continued, %d stopped and named file and cause; %d promises broken" %
            (f["faults"], calls, len(f["by_operation"]), f["ends"].get("went on", 0), f["ends"].get("stopped with a message", 0),
             f["broken"]))


def workers(f):
    return ("%d workers, %d runs, %d kills, %d stopped (lease %g s; %d continued after it expired); %d attempts, %s runs done twice, "
            "%s writes of a fenced worker" % (f["workers"], f["runs"], f["kills"], f["stopped"], f["lease_s"],
                                              f["went_on_after_their_lease"], f["attempts"], f["done_twice"], f["fenced_writes"]))


def signals(f):
    return ("%d signals during work: exit codes %s (0: all runs were already done), slowest stop %.2f s, %d attempts "
            "resumed, %d sweeps finished, equal to an uninterrupted one; %d further signals while the program was "
            "loading ended it, with no file changed" % (
                f["signals"], ", ".join("%s: %d" % c for c in f["exit_codes"].items()), f["slowest_stop_s"],
                f["resumed_attempts"], f["sweeps_finished_and_compared"], f["signals_while_loading"]))


def readers(f):
    return ("held for %d s: the sweep went on, every run made once, slowest `status` meanwhile %.2f s; %d kills of everything "
            "and a stop (after %.1f s) during holds; %d metric rows equal to those of an undisturbed sweep" %
            (f["hold_s"], f["slowest_status_s"], f["kills"], f["stop_s"], f["rows"]))


def slurm(f):
    return ("%d runs, every one done once, tables equal to those of a local sweep; %d attempts (%d lost with their worker) in %d jobs" %
            (f["runs"], f["attempts"], f["lost"], f["jobs"]))


def malformed(f):
    if "inputs" not in f:
        return "%s: ended with code %s" % (f["target"], f.get("code"))
    text = "%s: %d inputs" % (f["target"], f["inputs"])
    return text + (", slowest %.2f s, peak %d MB" % (f["slowest_s"], f["peak_mb"]) if "peak_mb" in f else "")


def fuzz(f):
    return "%s: %d s, %d inputs, slowest %d s, peak %d MB (with the sanitizer)" % (f["target"], f["seconds"], f["inputs"],
                                                                                f["slowest_s"], f["peak_mb"])


def not_finite(f):
    return "%d injections each into %s: every one found within %d steps" % (
        f["injections_each"], ", ".join(f["places"]), f["steps_until_found_at_most"])


def sanitizers(f):
    return "%s: %s tests, %s failed, %s reports" % (f["preset"], f["tests"], f["failed"], f["reports"])


def sql(f):
    return "%d statements, %d answered, %d refused or ended by a limit; %s bytes changed; slowest %.2f s" % (
        f["statements"], f["answered"], f["refused"], f["bytes_changed"], f["slowest_s"])


def scale(f):
    return "%d runs, %d metric rows, %d MB; wall time: %s" % (f["runs"], f["metric_rows"], f["megabytes"], ", ".join(
        "%s %.3f s" % item for item in f["wall_s"].items()))


LINES = [("1,000 kills of the fake job and 100 of training: nothing committed is lost, and runs resume bit for bit",
          ["kills_fake", "kills_train"], kills),
         ("Every write, sync, rename, open and allocation fails once", ["faults"], faults),
         ("8 workers, 500 runs, 200 worker kills, some workers stopped until their lease has expired", ["workers"], workers),
         ("A program that reads the database during a sweep", ["readers"], readers),
         ("SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2 at 200 random moments, for each job", ["signals_fake", "signals_train"], signals),
         ("A real Slurm: time limits, preemption, a cancelled and a killed task, slurmctld restarted, the node drained", ["slurm"], slurm),
         ("10,000 malformed inputs per format: no crash, none takes over 5 s or 1 GB", "malformed_*", malformed),
         ("Fuzz targets, 10 minutes each", "fuzz_*", fuzz),
         ("NaN and infinity in weights, moments, gradients and data", ["not_finite"], not_finite),
         ("Sanitizers", ["sanitizers_address", "sanitizers_thread"], sanitizers),
         ("1,000 hostile statements to `query`", ["sql"], sql),
         ("1,000 stored runs, 1M metric rows. Goals: status and queries under 0.2 s, all artifacts under 5 s, opening under 0.1 s",
          ["scale"], scale)]


def names_of(names):
    if isinstance(names, list):
        return names
    return sorted(os.path.basename(file)[:-5] for file in glob.glob(os.path.join(RESULTS, names + ".json")))


def row(name, figures_text):
    path = os.path.join(RESULTS, name + ".json")
    if not os.path.exists(path):
        return "| %s | not run |  |  |  |" % name
    with open(path, encoding="utf-8") as file:
        record = json.load(file)
    try:
        text = figures_text(record["figures"])
    except (KeyError, TypeError) as error:
        text = "figures incomplete: %s" % error
    if not record["passed"]:
        text = "**FAILED** " + text + ". Broken: " + "; ".join(record.get("problems", [])[:5])
    seed = record["figures"].get("seed", "")
    return "| %s | %s | %s | %s | %s |" % (name, text.replace("|", "/"), seed, record["date"], record["commit"])


def main():
    text, machines = HEAD, set()
    for title, names, figures_text in LINES:
        text += "## %s\n\n| drill | result | seed | date | commit |\n| --- | --- | --- | --- | --- |\n" % title
        text += "".join(row(name, figures_text) + "\n" for name in names_of(names)) + "\n"
    for file in glob.glob(os.path.join(RESULTS, "*.json")):
        with open(file, encoding="utf-8") as opened:
            machines.add(json.load(opened).get("machine", "unknown"))
    text += "Machine: %s.\n" % "; ".join(sorted(machines))
    with open(os.path.join(ROOT, "docs", "reliability.md"), "w", encoding="utf-8") as file:
        file.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
