#!/usr/bin/env python3
"""Whole training steps side by side: sinkmoe, PyTorch eager, torch.compile. Called by scripts/bench.sh.

Every contender is one process that waits; in each round each of them runs some steps, in turns, so that all see the
same machine. Ratios are taken within a round. Prints a table and writes rows for `sinkmoe bench` as JSON.
"""
import argparse
import functools
import json
import pathlib
import statistics
import subprocess
import sys

# name, sizes, steps a round, threads; "costs" takes other rounds
MODELS = [
    ("0.1M", dict(layers=2, width=64, heads=4, vocab=64, context=64, batch=32), 40, 1),
    ("0.1M, 2 threads", dict(layers=2, width=64, heads=4, vocab=64, context=64, batch=32), 40, 2),
    ("1M", dict(layers=4, width=128, heads=4, vocab=1024, context=256, batch=16), 4, 2),
    ("14M", dict(layers=6, width=384, heads=6, vocab=8192, context=512, batch=4), 1, 2),
]
# steps of about a second on one thread, for costs of a few percent
COSTS = {"0.1M": 100, "1M": 7, "14M": 1}
OURS = [("vanilla", 0.0), ("vanilla", 0.01), ("sink", 0.0), ("sink", 0.01), ("gated", 0.0), ("gated", 0.01), ("plain", 0.0)]
# The peer runs vanilla without a weight on fused attention, everything that needs gates on explicit attention.
PEER = [("vanilla", 0.0), ("sink", 0.01), ("gated", 0.01)]
KINDS = ("vanilla", "sink", "gated", "plain")
SIZES = {name: sizes for name, sizes, _, _ in MODELS}


def flops_per_token(m):
    matrices = m["layers"] * 12 * m["width"] ** 2 + m["vocab"] * m["width"]
    return 6 * matrices + 6 * m["layers"] * m["width"] * m["context"]


def arguments(options):
    return [text for key, value in options.items() for text in (f"--{key}", str(value))]


class Contender:
    """A program that is ready and runs one round when told to. `error` says why there is none."""

    def __init__(self, command, options):
        self.process = subprocess.Popen(command + arguments(options), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)
        self.error = None if self.process.stdout.readline().strip() else self.process.stderr.read().strip()[-300:]

    def round(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Bench:
    def __init__(self, o):
        self.o, self.rows = o, []
        self.peer = [sys.executable, str(pathlib.Path(__file__).with_name("peer.py"))]
        about = self.about({})
        self.source = {key: about[key] for key in ("commit", "dirty")}

    def about(self, options):
        """What the program is built from, and how many parameters a model has."""
        return json.loads(subprocess.run([self.o.ours, "--about"] + arguments(options), check=True, capture_output=True,
                                         text=True).stdout)

    @functools.cache
    def parameters(self, model, kind):
        return self.about(dict(SIZES[model], kind=kind))["parameters"]

    def add(self, name, variant, model, values, unit, threads, **more):
        if variant in KINDS:
            more["parameters"] = self.parameters(model, variant)
        for i, value in enumerate(values):
            self.rows.append(dict(name=name, variant=variant, value=value, unit=unit, **self.source,
                                  setting=dict(model=model, round=i, batch=self.o.batch, device="cpu", threads=threads,
                                               **more)))
        print(f"| {model} | {name} | {variant} | {statistics.median(values):,.4g} | {min(values):,.4g} - {max(values):,.4g} "
              f"| {unit} | {len(values)} |", flush=True)

    def product_rate(self, command, width, threads):
        options = ["--product", str(width), "--threads", str(threads)]
        return json.loads(subprocess.run(command + options, check=True, capture_output=True, text=True).stdout)["flops"]

    def ours(self, options):
        return {("ours", kind, weight): Contender([self.o.ours], dict(options, kind=kind, weight=weight))
                for kind, weight in OURS}

    def contenders(self, model, steps, threads):
        options = dict(model, steps=steps, threads=threads)
        everyone = self.ours(options)
        for kind, weight in PEER:
            everyone["eager", kind, weight] = Contender(self.peer, dict(options, kind=kind, weight=weight))
            if self.o.compile:
                everyone["compiled", kind, weight] = Contender(self.peer + ["--compile"],
                                                               dict(options, kind=kind, weight=weight))
        for key in [k for k, c in everyone.items() if c.error is not None]:
            print(f"\n{' '.join(map(str, key))} does not run: {everyone.pop(key).error}\n", flush=True)
        return everyone

    @staticmethod
    def in_turns(everyone, rounds):
        """The speeds of all contenders, round by round; the first is not counted, and after the last they end."""
        for c in everyone.values():
            c.round()
        for _ in range(rounds):
            yield {key: c.round()["tokens_per_s"] for key, c in everyone.items()}
        for c in everyone.values():
            c.end()

    def model(self, name, model, steps, threads):
        turns, bound = [], {"own": [], "stock": []}
        for speeds in self.in_turns(self.contenders(model, steps, threads), self.o.rounds):
            turns.append(speeds)
            bound["own"].append(self.product_rate([self.o.ours], model["width"], threads))
            bound["stock"].append(self.product_rate(self.peer, model["width"], threads))
        self.report(name, model, threads, {key: [t[key] for t in turns] for key in turns[0]}, bound)

    def report(self, name, model, threads, speed, bound):
        def ratio(a, b):
            return [x / y for x, y in zip(speed[a], speed[b])]

        for (who, kind, weight), values in speed.items():
            self.add("speed", f"{who} {kind}{', balanced' if weight else ''}", name, values, "tokens/s", threads,
                     weight=weight)
        for who in ("eager", "compiled"):
            for kind, weight in PEER:
                if (who, kind, weight) in speed:
                    self.add(f"ours / {who}", kind, name, ratio(("ours", kind, weight), (who, kind, weight)), "x",
                             threads)
        for which, rates in bound.items():
            self.add("matrix product", which, name, [r / 1e9 for r in rates], "GFLOP/s", threads)
            best = max(rates)
            for kind, weight in OURS[::2]:
                share = [100 * v * flops_per_token(model) / best for v in speed["ours", kind, weight]]
                self.add(f"share of the {which} bound", kind, name, share, "%", threads)

    def costs(self, name, model, steps):
        """What gate and balance loss cost on one thread, in longer rounds than ratios of several need."""
        turns = list(self.in_turns(self.ours(dict(model, steps=steps)), 2 * self.o.rounds))

        def percent(a, b):  # more time of a step of a than of b
            return [100 * (t[("ours", *b)] / t[("ours", *a)] - 1) for t in turns]

        for kind in ("vanilla", "sink", "gated"):
            self.add("cost of the balance loss", kind, name, percent((kind, 0.01), (kind, 0.0)), "%", 1)
            self.add("cost of the gate", kind, name, percent((kind, 0.0), ("plain", 0.0)), "%", 1)

    def fresh(self, name, model, steps):
        """What gate, statistics and balance loss cost together on one thread, in processor time. Processes of one program differ
        by a percent or two, so each value comes from processes started for it; a round is run four times, in turns."""
        values = {"vanilla": [], "sink": [], "gated": []}
        for _ in range(self.o.sets):
            everyone = {kind: Contender([self.o.ours], dict(model, steps=steps, kind=kind, weight=0.01)) for kind in values}
            everyone["plain"] = Contender([self.o.ours], dict(model, steps=steps, kind="plain", weight=0.0))
            spent = dict.fromkeys(everyone, 0.0)
            for _ in range(4):
                for kind, c in everyone.items():
                    spent[kind] += c.round()["cpu_ms_a_step"]
            for c in everyone.values():
                c.end()
            for kind, list_of in values.items():
                list_of.append(100 * (spent[kind] / spent["plain"] - 1))
        for kind, list_of in values.items():
            self.add("cost of gate and balance loss", kind, name, list_of, "%", 1)

    def logging(self):
        """Rows every 10 steps into a database against none; rounds long enough to hold several writes."""
        name, model, _, threads = MODELS[0]
        options = dict(model, steps=600, threads=threads, weight=0.01)
        on = Contender([self.o.ours, "--store"], dict(options, log=10))
        off = Contender([self.o.ours], dict(options, log=0))
        pairs = [(on.round()["tokens_per_s"], off.round()["tokens_per_s"]) for _ in range(self.o.rounds)]
        on.end(), off.end()
        self.add("cost of logging", "vanilla", name, [100 * (b / a - 1) for a, b in pairs], "%", threads)

    def memory(self):
        """Peak memory of a process with one context against half of it, at equal tokens a step."""
        sizes = dict(MODELS[2][1], weight=0.01, steps=2, threads=MODELS[2][3])
        for kind in ("vanilla", "sink", "gated"):
            peaks = []
            for context in (1024, 2048):
                c = Contender([self.o.ours], dict(sizes, kind=kind, context=context, batch=8192 // context))
                peaks.append(c.round()["peak_mb"])
                c.end()
            self.add("memory at T 2048 / T 1024", kind, MODELS[2][0], [peaks[1] / peaks[0]], "x", sizes["threads"])

    def threads(self):
        """Loss after 200 steps with one and with two threads."""
        for kind in ("vanilla", "sink", "gated"):
            losses = []
            for threads in (1, 2):
                c = Contender([self.o.ours], dict(MODELS[0][1], kind=kind, weight=0.01, steps=195, threads=threads))
                losses.append(c.round()["loss"])
                c.end()
            self.add("loss after 200 steps, 2 threads - 1", kind, MODELS[0][0], [losses[1] - losses[0]], "nats", 2)


def write(bench):
    pathlib.Path(bench.o.out).write_text(json.dumps(bench.rows, indent=1) + "\n")


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--ours", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--batch", required=True, help="a name for this call, later ones sort after it")
    p.add_argument("--rounds", type=int, default=7)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--sets", type=int, default=20, help="sets of fresh processes for the cost of gate and balance loss")
    p.add_argument("--fresh-only", action="store_true", help="only that cost, at 1M")
    p.add_argument("--costs-only", action="store_true", help="costs of gate, balance loss and logging: no PyTorch")
    p.add_argument("--compile", action="store_true")
    bench = Bench(p.parse_args())
    print("| model | what | variant | median | range | unit | rounds |\n| --- | --- | --- | --- | --- | --- | --- |")
    models = MODELS[:1] if bench.o.quick else MODELS
    if bench.o.fresh_only:
        bench.fresh("1M", SIZES["1M"], COSTS["1M"])
        return write(bench)
    if not bench.o.costs_only:
        for model in models:
            bench.model(*model)
    for name, model, _, _ in models:
        if name in COSTS:
            bench.costs(name, model, COSTS[name])
        if name in ("0.1M", "1M"):
            bench.fresh(name, model, COSTS[name])
    bench.logging()
    if not bench.o.quick and not bench.o.costs_only:
        bench.memory()
        bench.threads()
    write(bench)


if __name__ == "__main__":
    main()
