"""docs/reliability.md from the results that the drills left in build/full: every line of it was measured."""
import glob
import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.environ.get("SINKMOE_RESULTS", os.path.join(ROOT, "build", "full"))

HEAD = """# Reliability

What `scripts/test.sh --full` measured: each line was written by a drill of `tests/full/` into `build/full/`, and
`scripts/reliability_table.sh` made this page from those files. A drill draws everything from its seed. Drills of the fake
body run the real supervisor, workers and database, with a body that pretends to train (`src/queue/jobs/fake.cpp`); kills
and faults "at a call" come from the fault library (`tests/faults/faults.cpp`), which fails, cuts short or kills at the n-th
write, sync, rename, open, unlink, truncate or allocation. The databases lie in memory: a kill is no power loss.

"""


def kills(f):
    where = ", ".join("%d %s" % (n, {"moment": "at a random moment", "claim": "in claim or planning", "checkpoint": "in a "
                      "checkpoint", "journal": "in a commit's journal", "database": "in a commit's pages", "copy": "in the copy "
                      "before a migration", "merge": "in merge", "migration": "in migration", "elsewhere": "elsewhere"}[place])
                      for place, n in f["where"].items() if n)
    return ("%d kills (%s); %d rows seen just before a kill, %s lost; %d sweeps finished, %d rows and hashes of checkpoints "
            "equal to the sweep that was never cut, %d attempts resumed" %
            (f["kills"], where, f["rows_seen_before_a_kill"], f["lost"], f["sweeps"], f["rows_and_hashes_compared"],
             f["resumed_attempts"]))


def faults(f):
    calls = ", ".join("%d %s" % (n, call) for call, n in f["by_call"].items())
    return ("%d faults that came (%s) in %d commands; %d went on, %d stopped with file and cause named; %d promises broken" %
            (f["faults"], calls, len(f["by_operation"]), f["ends"].get("went on", 0), f["ends"].get("stopped with a message", 0),
             f["broken"]))


def workers(f):
    return ("%d workers, %d runs, %d kills, %d stopped (lease %g s; %d went on after it); %d attempts, %s runs done twice, "
            "%s writes of a fenced worker" % (f["workers"], f["runs"], f["kills"], f["stopped"], f["lease_s"],
                                              f["went_on_after_their_lease"], f["attempts"], f["done_twice"], f["fenced_writes"]))


def signals(f):
    return ("%d signals while it was at work: exit codes %s (0: all runs were done by then), slowest stop %.2f s, %d attempts "
            "resumed, %d sweeps finished and equal to the one that was never stopped; besides, %d signals while the program was "
            "being loaded: ended by them, no file changed" % (
                f["signals"], ", ".join("%s: %d" % c for c in f["exit_codes"].items()), f["slowest_stop_s"],
                f["resumed_attempts"], f["sweeps_finished_and_compared"], f["signals_while_loading"]))


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


LINES = [("Kills, 1,000 on the fake body and 100 on the real one: nothing committed lost, resumed bit for bit",
          ["kills_fake", "kills_train"], kills),
         ("Each write, sync, rename, open and allocation fails in turn", ["faults"], faults),
         ("8 workers, 500 runs, 200 worker kills, some stopped beyond their lease", ["workers"], workers),
         ("SIGTERM, SIGUSR1, SIGINT, SIGHUP at 200 random moments of work on each body", ["signals_fake", "signals_train"], signals),
         ("10,000 malformed inputs a format: no crash, none over 5 s, none over 1 GB", "malformed_*", malformed),
         ("Fuzz targets, 10 minutes each", "fuzz_*", fuzz),
         ("NaN and infinity in weights, moments, gradients, data", ["not_finite"], not_finite),
         ("Sanitizers", ["sanitizers_address", "sanitizers_thread"], sanitizers),
         ("1,000 hostile statements to `query`", ["sql"], sql),
         ("1,000 stored runs, 1M metric rows: status and queries under 0.2 s, all artifacts under 5 s, opening under 0.1 s",
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
