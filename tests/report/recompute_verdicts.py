#!/usr/bin/env python3
"""Recomputes verdicts from raw rows: an independent check of effects, tests, Holm's families and the seeds that would decide.

recompute_verdicts.py DATABASE FILE: FILE is the output of `sinkmoe --json check` on DATABASE. Values come from the tables
run, param and metric, not from a view; all distributions are integrated here. Exit code 0: at least twenty cells with
runs agree in n, mean, interval, all p-values, verdict and number of seeds.
"""
import functools
import itertools
import json
import math
import sys

from recompute import Runs, t_quantile, top_share

ALPHA = 0.05
VARIANTS = ("vanilla", "sink", "gated")


def simpson(f, low, high, n=400):
    h = (high - low) / n
    return h / 3 * sum((1 if i in (0, n) else 4 if i % 2 else 2) * f(low + i * h) for i in range(n + 1))


def above(t, df, noncentrality=0.0, points=2000):
    """P(T > t) for t with this noncentrality: the normal tail, averaged over the distribution of the sd."""
    log_norm = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2)

    def weighted(v):
        if v <= 0:
            return 0.0
        density = math.exp(log_norm + (df - 1) * math.log(v) - df * v * v / 2)
        return density * 0.5 * math.erfc((t * v - noncentrality) / math.sqrt(2))

    width = 12 / math.sqrt(2 * df)
    low, high = max(0.0, 1 - width), 1 + width
    if low > 0:
        return simpson(weighted, low, high, points)
    return simpson(weighted, 0, 0.1, points) + simpson(weighted, 0.1, high, points)  # a large t decides near 0


@functools.lru_cache(maxsize=None)
def limit(alpha, df):
    """The t with P(T > t) = alpha."""
    low, high = 0.0, 1e4
    for _ in range(45):
        middle = (low + high) / 2
        low, high = (low, middle) if above(middle, df, points=800) < alpha else (middle, high)
    return (low + high) / 2


def two_sided_power(distance, sd, n, alpha):
    nc = distance / sd * math.sqrt(n)
    t = limit(alpha / 2, n - 1)
    return above(t, n - 1, nc, 800) + above(t, n - 1, -nc, 800)


def one_sided_power(distance, sd, n, alpha):
    return above(limit(alpha, n - 1), n - 1, distance / sd * math.sqrt(n), 800)


def is_first(n, power):
    """Whether n is the smallest from 3 with a power of 0.8, for a power that rises."""
    return power(n) >= 0.8 and (n == 3 or power(n - 1) < 0.8)


class Cell:
    """values: differences by seed, or values; sign +1: the claim is 'higher'."""

    def __init__(self, values, sign, margin, origin=0.0, guard=True):
        self.values, self.sign, self.margin, self.guard = values, sign, margin, guard
        self.effects = [v - origin for v in values]
        self.n, self.mean = len(values), math.fsum(values) / len(values)
        self.sd = math.sqrt(math.fsum((v - self.mean) ** 2 for v in values) / (self.n - 1))
        error = self.sd / math.sqrt(self.n)
        self.half = t_quantile(self.n - 1) * error
        self.towards = sign * (self.mean - origin)
        self.p = 2 * above(abs(self.towards) / error, self.n - 1)
        self.size = above((margin - self.towards) / error, self.n - 1) if margin > 0 else None
        total = abs(math.fsum(self.effects)) - 1e-12
        flips = list(itertools.product((1, -1), repeat=self.n))
        self.flip = sum(abs(sum(s * e for s, e in zip(signs, self.effects))) >= total for signs in flips) / len(flips)

    def seeds_agree(self, n, found, alpha):
        """Whether n is the first number of seeds that decides with a probability of 0.8."""
        gap = self.margin - self.towards

        def margin_power(k):
            return two_sided_power(self.margin, self.sd, k, alpha)

        def power_seen(k):
            return max(one_sided_power(gap, self.sd, k, alpha) if self.margin > 0 and gap > 0 else 0,
                       0 if found else two_sided_power(abs(self.towards), self.sd, k, alpha))

        by_margin = self.towards > 0 and gap > 0 and not found and margin_power(self.n) < 0.8
        return is_first(n, margin_power if by_margin else power_seen)


def holm(p):
    order, adjusted, largest = sorted(range(len(p)), key=p.__getitem__), [0.0] * len(p), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p) - rank) * p[i]))
        adjusted[i] = largest
    return adjusted


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

    def mean(values):
        return math.fsum(values) / len(values)

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
    tests = [(i, name) for i, record in enumerate(family) for name in ("p", "p_size") if record[name] is not None]
    adjusted = dict(zip(tests, holm([family[i][name] for i, name in tests])))
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


def main(database, path):
    with open(path, encoding="utf-8") as file:
        records = json.load(file)
    same = wrong = 0
    for artifact, claim, text, value, cell in expected_cells(Runs(database)):
        stored = next(r for r in records if r["primary"] and r["duplicate_of"] is None and
                      (r["artifact"], r["claim"], r["cell"], r["value"]) == (artifact, claim, text, value))
        family = [r for r in records if r["primary"] and r["claim"] == claim and r["duplicate_of"] is None and
                  r["verdict"] != "untestable"]
        found = differences(cell, stored, family)
        same, wrong = same + (not found), wrong + bool(found)
        print(f"{'DIFFERS: ' + ', '.join(found) if found else 'equal'}: {artifact}, {claim}, {text}: {stored['verdict']}")
    trained = [r for r in records if r["artifact"] == "main_table.text_small" and r["claim"] == "C7" and r["primary"]]
    if any(r["duplicate_of"] != "test_table.text_test" for r in trained):
        wrong += 1
        print("DIFFERS: the models of text_small vote twice for C7")
    print(f"{same} cells equal, {wrong} different")
    return 0 if wrong == 0 and same >= 20 else 1


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2]))
