#!/usr/bin/env python3
"""Recomputes cells of the generated tables from raw rows: an independent check of queries, statistics and printing.

recompute.py DATABASE FOLDER: FOLDER holds the Markdown files that `sinkmoe report` made of DATABASE. Only the tables run,
experiment, experiment_run, param, metric and metric_name are read, no view; means, t-intervals and paired differences are
computed here. Exit code 0: every cell agrees to the printed digits; 1: one does not, or fewer than ten could be compared.
"""
import math
import os
import sqlite3
import sys


def t_quantile(df):
    """Two-sided 95% quantile of Student's t, by integrating its density with Simpson's rule."""
    norm = math.gamma((df + 1) / 2) / (math.sqrt(df * math.pi) * math.gamma(df / 2))

    def inside(t, n=2000):
        h = t / n
        total = sum((1 if i in (0, n) else 4 if i % 2 else 2) * (1 + (i * h) ** 2 / df) ** (-(df + 1) / 2)
                    for i in range(n + 1))
        return 2 * norm * total * h / 3

    low, high = 0.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle) < 0.95 else (low, middle)
    return (low + high) / 2


class Runs:
    """Runs that are done, with what they were asked for."""

    def __init__(self, path):
        self.db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.rows = {}
        for number, name, seed, parent in self.db.execute(
                "select id, run_id, seed, parent_id from run where status = 'done'"):
            self.rows[name] = {"id": number, "seed": seed, "parent": parent}
        defaults = dict(self.db.execute("select key, fallback from param_key"))
        for row in self.rows.values():
            row.update(defaults)
            row.update(self.db.execute("select key, value from param where run = ?", (row["id"],)))

    def pick(self, experiment, child=False, **wanted):
        """Runs of an experiment by seed; `child`: those that start from another run, whose balance.weight is asked for."""
        found = {}
        names = [name for (name,) in self.db.execute(
            "select r.run_id from run r join experiment_run x on x.run = r.id join experiment e on e.id = x.experiment "
            "where e.name = ? and r.status = 'done'", (experiment,))]
        for name in names:
            row = self.rows[name]
            if child != bool(row["parent"]):
                continue
            asked = dict(wanted)
            if "parent_weight" in asked:
                if self.rows[row["parent"]]["balance.weight"] != asked.pop("parent_weight"):
                    continue
            if all(row[key.replace("__", ".")] == value for key, value in asked.items()):
                if row["seed"] in found:
                    raise SystemExit(f"two runs with seed {row['seed']} in {experiment} {wanted}")
                found[row["seed"]] = name
        return found

    def final(self, name, metric):
        """{(layer, head): value} at the last step of the metric."""
        rows = list(self.db.execute(
            "select m.step, m.layer, m.head, m.value from metric m join metric_name n on n.id = m.name "
            "where m.run = ? and n.name = ?", (self.rows[name]["id"], metric)))
        last = max((step for step, *_ in rows), default=None)
        return {(layer, head): value for step, layer, head, value in rows if step == last}

    def at_step(self, name, metric, step):
        return {(layer, head): value for layer, head, value in self.db.execute(
            "select m.layer, m.head, m.value from metric m join metric_name n on n.id = m.name "
            "where m.run = ? and n.name = ? and m.step = ?", (self.rows[name]["id"], metric, step))}

    def values(self, runs, metric, factor=1.0):
        return {seed: factor * self.final(name, metric)[(-1, -1)] for seed, name in runs.items()}


def fixed(value, digits, sign=False):
    text = f"{value:{'+' if sign else ''}.{digits}f}"
    return text.lstrip("+-") if float(text) == 0 else text


def summary(values):
    n = len(values)
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (n - 1))
    return mean, t_quantile(n - 1) * sd / math.sqrt(n)


def mean_cell(values, digits):
    mean, half = summary(list(values.values()))
    return f"{fixed(mean, digits)} ± {fixed(half, digits)}"


def difference_cell(values, control, digits):
    mean, half = summary([values[s] - control[s] for s in sorted(values) if s in control])
    return (f"{fixed(mean, digits, True)} [{fixed(mean - half, digits, True)}, {fixed(mean + half, digits, True)}]")


def dominant_and_others(runs, name):
    """Mean final importance of the heads of a layer that were not in its top quarter at the start; mean over layers."""
    start, end = runs.at_step(name, "head/importance", 0), runs.final(name, "head/importance")
    means = []
    for layer in sorted({layer for layer, _ in start}):
        order = sorted((h for l, h in start if l == layer), key=lambda h: (-start[(layer, h)], h))
        rest = order[max(1, len(order) // 4):]
        means.append(math.fsum(end[(layer, h)] for h in rest) / len(rest))
    return math.fsum(means) / len(means)


def top_share(runs, name):
    """Share, in percent, of a layer's importance in its top quarter of heads; mean over layers."""
    end = runs.final(name, "head/importance")
    shares = []
    for layer in sorted({layer for layer, _ in end}):
        order = sorted((v for (l, _), v in end.items() if l == layer), reverse=True)
        shares.append(100 * math.fsum(order[:max(1, len(order) // 4)]) / math.fsum(order))
    return math.fsum(shares) / len(shares)


def cells(runs):
    """(table, row, column, the cell as it should be printed); a cell without runs is left out."""
    def grid(metric, digits, variant, weight, control=None, experiment="grid", factor=1.0):
        own = runs.values(runs.pick(experiment, attention__kind=variant, balance__weight=weight), metric, factor)
        if control is None:
            return mean_cell(own, digits)
        return difference_cell(
            own, runs.values(runs.pick(experiment, attention__kind=variant, balance__weight=control), metric, factor), digits)

    def child(experiment, metric, digits, variant, weight, control=None, factor=1.0, **more):
        own = runs.values(runs.pick(experiment, True, attention__kind=variant, parent_weight=weight, **more), metric, factor)
        if control is None:
            return mean_cell(own, digits)
        base = runs.pick(experiment, True, attention__kind=variant, parent_weight=control, **more)
        return difference_cell(own, runs.values(base, metric, factor), digits)

    def criterion():
        own = runs.pick("probes", True, attention__kind="vanilla", parent_weight=0)
        return difference_cell(runs.values(own, "probe/loss_quarter_importance"),
                               runs.values(own, "probe/loss_quarter_random"), 4)

    def others():
        own = runs.pick("finetune", True, balance__weight=0.01, balance__shared_heads=0)
        return mean_cell({seed: dominant_and_others(runs, name) for seed, name in own.items()}, 3)

    def share():
        own = runs.pick("probes", True, attention__kind="vanilla", parent_weight=0)
        return mean_cell({seed: top_share(runs, name) for seed, name in own.items()}, 1)

    def longest():
        context = max((runs.rows[name]["data.context"] for name in runs_of("recall")), default=0)
        own = runs.pick("recall", True, attention__kind="vanilla", parent_weight=0, data__context=context)
        return mean_cell(runs.values(own, "eval/accuracy", 100), 1)

    def runs_of(experiment):
        return [name for (name,) in runs.db.execute(
            "select r.run_id from run r join experiment_run x on x.run = r.id join experiment e on e.id = x.experiment "
            "where e.name = ? and r.status = 'done'", (experiment,))]

    yield "main_table.grid", ("vanilla", "0"), "loss (nats)", lambda: grid("eval/loss", 4, "vanilla", 0)
    yield "main_table.grid", ("vanilla", "0.01"), "Δ loss (nats)", lambda: grid("eval/loss", 4, "vanilla", 0.01, 0)
    yield "main_table.grid", ("gated", "0.1"), "imbalance", lambda: grid("eval/imbalance", 3, "gated", 0.1)
    yield "main_table.grid", ("sink", "0.001"), "Δ imbalance", lambda: grid("eval/imbalance", 3, "sink", 0.001, 0)
    yield "main_table.grid", ("gated", "0.01"), "Δ loss (nats)", lambda: grid("eval/loss", 4, "gated", 0.01, 0)
    yield ("losses_table.losses", ("vanilla", "entropy 0.01"), "loss (nats)", lambda: mean_cell(runs.values(runs.pick(
        "losses", attention__kind="vanilla", balance__weight=0.01, balance__loss="entropy"), "eval/loss"), 4))
    yield "main_table.grid", ("vanilla", "0"), "sink rate (%)", lambda: grid("eval/sink_rate", 1, "vanilla", 0)
    yield ("main_table.text_small", ("vanilla", "0.01"), "bits per byte (bits)",
           lambda: grid("eval/bpb", 4, "vanilla", 0.01, None, "text_small"))
    yield ("main_table.text_small", ("gated", "0.01"), "Δ bits per byte (bits)",
           lambda: grid("eval/bpb", 4, "gated", 0.01, 0, "text_small"))
    yield ("capacity_table.capacity", ("vanilla", "0.01"), "Δ loss (nats)",
           lambda: grid("eval/loss", 4, "vanilla", 0.01, 0, "capacity"))
    yield ("test_table.text_test", ("sink", "0.01"), "Δ bits per byte (bits)",
           lambda: child("text_test", "eval/bpb", 4, "sink", 0.01, 0))
    yield "ablation_table.probes", ("vanilla", "0", "importance"), "Δ a quarter zeroed (nats)", criterion
    yield ("cosmetic_table.probes", ("gated", "0.01"), "Δ CV of contribution",
           lambda: child("probes", "probe/cv_contribution", 3, "gated", 0.01, 0))
    yield "importance_share.probes", ("vanilla", "0"), "share of the top quarter (%)", share
    yield "finetune_table.finetune", ("m = 0",), "other heads", others
    yield "long_context.recall", ("vanilla", "4", "0"), "accuracy (%)", longest


def printed(folder, table, row, column):
    """The cell of a Markdown table, None where there is no such file."""
    path = os.path.join(folder, table + ".md")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        lines = [[c.strip() for c in line.strip().strip("|").split("|")] for line in file if line.startswith("|")]
    place = lines[0].index(column)
    for cells_of_row in lines[2:]:
        if tuple(cells_of_row[:len(row)]) == row:
            return cells_of_row[place]
    raise SystemExit(f"{path} has no row {row}")


def checks(database, folder):
    """(whether it agrees, what to print) of each cell."""
    for table, row, column, compute in cells(Runs(database)):
        found = printed(folder, table, row, column)
        if found is None:
            print(f"not there: {table}")
            continue
        wanted = compute()
        yield found == wanted, f"{table}, {', '.join(row)}: {column}: printed {found}, recomputed {wanted}"


def tally(checks_of, fewest, usage):
    """Runs the program of two arguments: prints each check, and exits with 1 if one differs or fewer than `fewest` agree."""
    if len(sys.argv) != 3:
        sys.exit(usage)
    results = []
    for same, text in checks_of(sys.argv[1], sys.argv[2]):
        results.append(same)
        print(f"{'equal' if same else 'DIFFERS'}: {text}")
    print(f"{sum(results)} equal, {len(results) - sum(results)} different")
    sys.exit(0 if all(results) and len(results) >= fewest else 1)


if __name__ == "__main__":
    tally(checks, 10, __doc__)
