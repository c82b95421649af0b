#!/usr/bin/env python3
"""Recomputes verdicts from raw rows: an independent check of effects, tests, Holm's families and the seeds that would decide.

recompute_verdicts.py DATABASE FILE: FILE is the output of `sinkmoe --json check` on DATABASE. Values come from the tables
run, param and metric, not from a view; all distributions are integrated here. Exit code 0: at least twenty cells with
runs agree in n, mean, interval, all p-values, verdict and number of seeds.
"""
import itertools
import json
import math

from exact_tests import ALPHA, Cell, holm
from recompute import Runs, tally, top_share

VARIANTS = ("vanilla", "sink", "gated")


def expected_cells(runs):
    """(artifact, claim, start of the cell's text, value, Cell)"""
    def pick(experiment, variant, weight, child=False):
        asked = {"parent_weight": weight} if child else {"balance__weight": weight}
        return runs.pick(experiment, child, attention__kind=variant, **asked)

    def paired(own, other):
        return [own[s] - other[s] for s in sorted(own) if s in other]

    def metric(experiment, name, variant, weight, child=False):
        return runs.values(pick(experiment, variant, weight, child), name)

    def logs(values):
        return {s: math.log10(v) for s, v in values.items()}

    def least_worth(experiment, variant, weight):
        found = []
        for name in pick(experiment, variant, weight, True).values():
            worth = runs.final(name, "head/ablation")
            found.append(min(max(v for (l, _), v in worth.items() if l == layer) for layer in {l for l, _ in worth}))
        return mean(found)

    def balanced(experiment, name, variant, child=False):
        return mean(metric(experiment, name, variant, 0, child).values()) > 0.15

    for variant in VARIANTS:
        cell = f"variant {variant}, weight 0.01"
        at_0 = f"variant {variant}, weight 0"
        yield ("capacity_table.capacity", "C7", cell, "loss", Cell(
            paired(metric("capacity", "eval/loss", variant, 0.01), metric("capacity", "eval/loss", variant, 0)), -1, 0.005,
            guard=balanced("capacity", "eval/imbalance", variant)))
        yield ("test_table.text_test", "C7", cell, "bpb", Cell(
            paired(metric("text_test", "eval/bpb", variant, 0.01, True), metric("text_test", "eval/bpb", variant, 0, True)),
            -1, 0.01, guard=balanced("text_test", "eval/imbalance", variant, True)))
        for experiment in ("grid", "text_small"):
            yield ("imbalance_steps." + experiment, "C6", cell, "log10_imbalance", Cell(
                paired(logs(metric(experiment, "eval/imbalance", variant, 0.01)),
                       logs(metric(experiment, "eval/imbalance", variant, 0))), -1, 0.301))
        for experiment in ("probes", "text_probes"):
            own = pick(experiment, variant, 0, True)
            alive = least_worth(experiment, variant, 0) > 0.001
            random = runs.values(own, "probe/loss_quarter_random")
            yield ("ablation_table." + experiment, "C5", at_0 + ", criterion importance", "quarter", Cell(
                paired(runs.values(own, "probe/loss_quarter_importance"), random), -1, 0.005,
                guard=alive and mean(random.values()) > 0.01))
            yield ("cosmetic_table." + experiment, "C9", cell, "log10_contribution", Cell(
                paired(logs(metric(experiment, "probe/cv_contribution", variant, 0.01, True)),
                       logs(metric(experiment, "probe/cv_contribution", variant, 0, True))), -1, 0.301,
                guard=alive and balanced(experiment, "probe/cv_importance", variant, True)))
            heads = runs.rows[next(iter(own.values()))]["model.heads"]
            yield ("importance_share." + experiment, "C3", at_0, "concentration", Cell(
                [top_share(runs, own[s]) / 100 / (max(1, heads // 4) / heads) for s in sorted(own)], 1, 0.5, 1.0))
            yield ("identity." + experiment, "C1", at_0, "error", Cell(
                [1e6 * v for _, v in sorted(runs.values(own, "probe/identity_error").items())], -1, 0, 10.0))
            vanilla = pick(experiment, "vanilla", 0, True)
            sink = mean([max(runs.final(name, "head/first_weight").values()) for name in vanilla.values()]) > 0.3
            if variant == "vanilla":
                yield ("geometry_table." + experiment, "C11", at_0, "cos_key", Cell(
                    [v for _, v in sorted(runs.values(own, "probe/cos_key_first").items())], -1, 0, guard=sink))
            else:
                yield ("geometry_table." + experiment, "C11", at_0, "cos_query", Cell(
                    paired(runs.values(own, "probe/cos_query_first"), runs.values(vanilla, "probe/cos_query_first")),
                    -1, 0.1, guard=sink))


def mean(values):
    values = list(values)
    return math.fsum(values) / len(values)


def cv(values):
    m = mean(values)
    return math.sqrt(mean((v - m) ** 2 for v in values)) / m


def spearman(a, b):
    """Without ties, as between measured numbers."""
    n = len(a)
    place = [{k: i for i, k in enumerate(sorted(x, key=x.get))} for x in (a, b)]
    return 1 - 6 * sum((place[0][k] - place[1][k]) ** 2 for k in a) / (n * (n * n - 1))


def area(runs, name):
    """Mean over k of the rise with the k lowest heads zeroed minus that with k random ones."""
    own, random = runs.final(name, "ablate/rise_importance"), runs.final(name, "ablate/rise_random")
    return mean(own[k] - random[k] for k in own)


def layers_of(heads):
    return [[k for k in heads if k[0] == layer] for layer in sorted({layer for layer, _ in heads})]


def cells_with_probes(runs):
    """Cells of the experiments whose evaluations measured areas, worth and dropped terms, as far as all seeds are there."""
    for experiment in ("capacity_probes", "confirm", "one_layer"):
        arms = {(v, w): runs.pick(experiment, True, attention__kind=v, parent_weight=w) for v in VARIANTS for w in (0, 0.01)}
        for variant in VARIANTS:
            own, balanced = arms[variant, 0], arms[variant, 0.01]
            if len(own) < 10:
                continue
            names, at_0, cell = list(own.values()), f"variant {variant}, weight 0", f"variant {variant}, weight 0.01"
            worth = {name: runs.final(name, "head/ablation") for name in [*names, *balanced.values()]}
            gates = {name: runs.final(name, "head/importance") for name in worth}

            def share(name, keys, of=worth):
                return mean(of[name][k] > 0.001 for k in keys)

            least = mean(min(share(name, keys) for keys in layers_of(worth[name])) for name in names)
            working = mean(share(name, worth[name]) for name in names)
            yield ("ablation_area." + experiment, "C5", at_0 + ", criterion importance", "area", Cell(
                [area(runs, name) for name in names], -1, 0.005, guard=least > 0.5, runs=names))
            yield ("worth_table." + experiment, "Q1", at_0, "rho", Cell(
                [spearman(gates[name], worth[name]) for name in names], 1, 0.3, guard=working > 0.5, runs=names))
            if variant == "vanilla" and experiment != "one_layer":
                first, other = (runs.values(own, f"probe/drop_{which}_term") for which in ("first", "random"))
                yield ("first_term." + experiment, "Q3", at_0, "excess", Cell(
                    [first[s] - other[s] for s in own], 1, 0.01, runs=names))
            if len(balanced) < 10:
                continue
            both = names + list(balanced.values())

            def log_cv(name, of, keys):
                return math.log10(cv([max(of[name][k], 0) for k in keys]))

            testable = mean(mean(cv([gates[name][k] for k in keys]) for keys in layers_of(gates[name])) > 0.15 and
                            share(name, worth[name]) >= 0.5 for name in names)
            yield ("worth_table." + experiment, "Q2", cell, "log10_cv_worth", Cell(
                [log_cv(balanced[s], worth, worth[own[s]]) - log_cv(own[s], worth, worth[own[s]]) for s in own],
                -1, 0.301, guard=testable > 0.5, runs=both))
            written = {name: runs.final(name, "head/contribution") for name in both}
            for layer, keys in enumerate(layers_of(worth[names[0]])):
                testable = mean(cv([gates[name][k] for k in keys]) > 0.15 and share(name, keys) >= 0.5 for name in names)
                yield ("layer_balance." + experiment, "C9", f"variant {variant}, layer {layer}, weight 0.01",
                       "log10_contribution", Cell(
                           [log_cv(balanced[s], written, keys) - log_cv(own[s], written, keys) for s in own],
                           -1, 0.301, guard=testable > 0.5, runs=both))


def first_terms(runs):
    """What the term that E4 drops is worth on text, by seed, and in a pretrained model, by novel; as far as runs are there."""
    def excess(name):
        (first,), (other,) = (runs.final(name, f"probe/drop_{which}_term").values() for which in ("first", "random"))
        return first - other

    text = list(runs.pick("text_terms", True).values())
    real = [name for (name,) in runs.db.execute(
        "select r.run_id from run r join experiment_run x on x.run = r.id join experiment e on e.id = x.experiment "
        "where e.name = 'real_terms' and r.status = 'done'")]
    for names, needed, artifact, cell in ((text, 5, "first_term.text_terms", "variant vanilla, weight 0"),
                                          (real, 8, "first_term_real.real_terms", "length 256")):
        if len(names) == needed:
            yield artifact, "Q3", cell, "excess", Cell([excess(name) for name in names], 1, 0.01, runs=names)


def chains(runs):
    """Cells whose unit is the chain."""
    found = {}
    for name in (n for n, row in runs.rows.items() if row["data.chain_seed"] > 100 and not row["parent"]):
        row = runs.rows[name]
        found.setdefault((row["attention.kind"], row["balance.weight"]), {})[row["data.chain_seed"]] = name
    for variant in VARIANTS:
        own, balanced = found[variant, 0], found[variant, 0.01]
        before, after = runs.values(own, "eval/imbalance"), runs.values(balanced, "eval/imbalance")
        loss, lower = runs.values(own, "eval/loss"), runs.values(balanced, "eval/loss")
        floor = runs.values(found["vanilla", 0], "eval/floor")
        room = mean(runs.values(found["vanilla", 0], "eval/loss")[c] - floor[c] for c in floor) > 0.02
        both = list(own.values()) + list(balanced.values())
        yield ("chains_table.chains", "C3", f"variant {variant}, weight 0", "imbalance",
               Cell([before[c] for c in sorted(own)], 1, 0, 0.15, runs=list(own.values())))
        yield ("chains_table.chains", "C6", f"variant {variant}, weight 0.01", "log10_imbalance",
               Cell([math.log10(after[c] / before[c]) for c in sorted(own)], -1, 0.301, guard=mean(before.values()) > 0.15, runs=both))
        yield ("chains_table.chains", "C7", f"variant {variant}, weight 0.01", "loss",
               Cell([lower[c] - loss[c] for c in sorted(own)], -1, 0.005, guard=room, runs=both))


def track(runs, name, metric):
    """[(step, value)] of a run-level metric."""
    return list(runs.db.execute("select m.step, m.value from metric m join metric_name n on n.id = m.name "
                                "where m.run = ? and n.name = ? order by m.step", (runs.rows[name]["id"], metric)))


def late_share(runs, name):
    """Part of the rise after half of the steps, interpolated between two evaluations."""
    points, half = track(runs, name, "eval/imbalance"), runs.rows[name]["train.steps"] / 2
    (a, before), (b, after) = next(pair for pair in zip(points, points[1:]) if pair[0][0] <= half < pair[1][0])
    middle = before + (after - before) * (half - a) / (b - a)
    return (points[-1][1] - middle) / (points[-1][1] - points[0][1])


def confirmed(runs):
    """Imbalance on ten new seeds, beside frozen attention and shuffled targets."""
    def pick(variant, weight=0, control="none"):
        return runs.pick("confirm", attention__kind=variant, balance__weight=weight, train__control=control)

    for variant in VARIANTS:
        own, balanced, at_0 = pick(variant), pick(variant, 0.01), f"variant {variant}, control trained, weight 0"
        end, after = runs.values(own, "eval/imbalance"), runs.values(balanced, "eval/imbalance")
        frozen, shuffled = (runs.values(pick(variant, 0, c), "eval/imbalance") for c in ("frozen_attention", "shuffled_targets"))
        seeds, names = sorted(own), list(own.values())
        rise = [end[s] - track(runs, own[s], "eval/imbalance")[0][1] for s in seeds]
        yield "confirm_table.confirm", "C3", at_0, "imbalance", Cell([end[s] for s in seeds], 1, 0.15, runs=names)
        yield "confirm_table.confirm", "C4", at_0, "rise", Cell(rise, 1, 0.05, runs=names)
        yield ("confirm_table.confirm", "C4", at_0, "over_controls", Cell(
            [end[s] - max(frozen[s], shuffled[s]) for s in seeds], 1, 0.05, runs=names))
        yield ("confirm_table.confirm", "C4", at_0, "late_share", Cell(
            [late_share(runs, own[s]) for s in seeds], -1, 0.17, 0.5, guard=mean(rise) > 0.05, runs=names))
        yield ("confirm_table.confirm", "C6", f"variant {variant}, control trained, weight 0.01", "log10_imbalance", Cell(
            [math.log10(after[s] / end[s]) for s in seeds], -1, 0.301, guard=mean(end.values()) > 0.15,
            runs=names + list(balanced.values())))


def hours_of(runs, cell, stored):
    """Hours of the attempts of both sides and of all runs whose weights they start from, for as many seeds as are needed."""
    names = set()
    for name in cell.runs:
        while name and name not in names:
            names.add(name)
            name = runs.rows[name]["parent"]
    spent = 0
    for name in names:
        spent += runs.db.execute("select sum(ended_us - started_us) from attempt where run = ?", (runs.rows[name]["id"],)).fetchone()[0]
    return spent / 3.6e9 * stored["seeds_needed"] / cell.n


def near(found, wanted):
    if found is None or wanted is None:
        return found is wanted
    return abs(found - wanted) <= 2e-5 * abs(wanted) + 1e-9


def verdict_of(cell, p, size):
    if p < ALPHA and cell.towards < 0:
        return "contradicted"
    if p < ALPHA and cell.towards >= cell.margin:
        return "supported"
    return "excluded" if size is not None and size < ALPHA else "undecided"


def differences(cell, stored, family):
    """What differs between a cell and the program's record; `family`: the records of the claim that were tested."""
    wrong = [name for name, value in (
        ("n", cell.n), ("mean", cell.mean), ("ci95_low", cell.mean - cell.half), ("ci95_high", cell.mean + cell.half),
        ("p", cell.p), ("p_size", cell.size), ("p_sign_flip", cell.flip)) if not near(stored[name], value)]
    if not cell.guard:
        return wrong + (["verdict"] if stored["verdict"] != "untestable" else [])
    # A cell with too few runs counts with p = 1.
    tests = {(i, name): 1.0 if record["verdict"] == "missing" else record[name] for i, record in enumerate(family)
             for name in ("p", "p_size")
             if (name == "p" or record["margin"] > 0 if record["verdict"] == "missing" else record[name] is not None)}
    adjusted = dict(zip(tests, holm(list(tests.values()))))
    at = family.index(stored)
    p, size = adjusted[(at, "p")], adjusted.get((at, "p_size"))
    verdict = verdict_of(cell, p, size)
    wrong += [name for name, value in (("p_holm", p), ("p_size_holm", size)) if not near(stored[name], value)]
    if stored["verdict"] != verdict:
        wrong.append(f"verdict ({verdict})")
    if verdict == "undecided":
        open_tests = sum(value >= ALPHA for value in adjusted.values())
        if not cell.seeds_agree(stored["seeds_needed"], p < ALPHA and cell.towards > 0, ALPHA / open_tests):
            wrong.append("seeds_needed")
    return wrong


def checks(database, path):
    """(whether it agrees, what to print) of each cell, of the time that undecided ones need, and of one duplicate."""
    with open(path, encoding="utf-8") as file:
        records = json.load(file)
    runs = Runs(database)
    for artifact, claim, text, value, cell in itertools.chain(
            expected_cells(runs), cells_with_probes(runs), first_terms(runs), chains(runs), confirmed(runs)):
        stored = next(r for r in records if r["primary"] and r["duplicate_of"] is None and
                      (r["artifact"], r["claim"], r["cell"], r["value"]) == (artifact, claim, text, value))
        family = [r for r in records if r["primary"] and r["claim"] == claim and r["duplicate_of"] is None and
                  r["verdict"] != "untestable"]
        found = differences(cell, stored, family)
        if cell.runs and stored["seeds_needed"] and not near(stored["hours_needed"], hours_of(runs, cell, stored)):
            found.append("hours_needed")
        yield not found, f"{artifact}, {claim}, {text}: {stored['verdict']}{'; not: ' + ', '.join(found) if found else ''}"
    trained = [r for r in records if r["artifact"] == "main_table.text_small" and r["claim"] == "C7" and r["primary"]]
    yield (all(r["duplicate_of"] == "test_table.text_test" for r in trained), "the models of text_small vote once for C7")


if __name__ == "__main__":
    tally(checks, 20, __doc__)
