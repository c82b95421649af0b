#!/usr/bin/env python3
"""Runs step_bench and peer.py in turns and prints one Markdown table. Called by scripts/bench.sh.

Share of the bound = tokens/s * FLOPs per token / the best of 20 fp32 matrix products [4096, C] x [C, 4C] of this run.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

import torch

# name, options; the first is the default model of the synthetic task
MODELS = [
    ("0.1M", dict(layers=2, width=64, heads=4, vocab=64, context=64, batch=32, steps=40)),
    ("1M", dict(layers=4, width=128, heads=4, vocab=1024, context=256, batch=16, steps=6)),
    ("14M", dict(layers=6, width=384, heads=6, vocab=8192, context=512, batch=4, steps=2)),
]
# The peer runs vanilla without a weight on fused attention, everything that needs gates on explicit attention.
CASES = [("vanilla", 0.0), ("vanilla", 0.01), ("sink", 0.0), ("sink", 0.01), ("gated", 0.0), ("gated", 0.01)]


def flops_per_token(m):
    matrices = m["layers"] * 12 * m["width"] ** 2 + m["vocab"] * m["width"]
    return 6 * matrices + 6 * m["layers"] * m["width"] * m["context"]


def gemm_rate(width, device):
    a, b = torch.randn(4096, width, device=device), torch.randn(width, 4 * width, device=device)
    best = 0.0
    for _ in range(20):
        start = time.perf_counter()
        c = a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * 4096 * width * 4 * width / (time.perf_counter() - start))
        del c
    return best


def measure(command, options):
    arguments = [text for key, value in options.items() for text in (f"--{key}", str(value))]
    out = subprocess.run(command + arguments, check=True, capture_output=True, text=True).stdout
    return json.loads(out)["tokens_per_s"]


def spread(values):
    return f"{statistics.median(values):,.0f} ({min(values):,.0f}-{max(values):,.0f})"


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--ours", required=True)
    p.add_argument("--quick", action="store_true")
    p.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    o = p.parse_args()
    threads = 1 if o.quick else 2
    torch.set_num_threads(threads)
    rounds = 1 if o.quick else 5
    peer = [sys.executable, str(pathlib.Path(__file__).with_name("peer.py"))]
    print(f"{o.device}, {threads} threads, {rounds} rounds in turns; tokens per second, median (range)\n")
    print("| model | variant | weight | sinkmoe | PyTorch eager | ratio | share of the bound |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name, model in MODELS[:1] if o.quick else MODELS:
        bound = gemm_rate(model["width"], o.device)
        for kind, weight in CASES[:1] if o.quick else CASES:
            options = dict(model, kind=kind, weight=weight, threads=threads, repeats=1 if o.quick else 3)
            if o.device == "cuda":
                options["device"] = "cuda"
            ours, theirs = [], []
            for _ in range(rounds):
                ours.append(measure([o.ours], options))
                theirs.append(measure(peer, options))
            ratio = statistics.median(a / b for a, b in zip(ours, theirs))
            share = statistics.median(ours) * flops_per_token(model) / bound
            print(f"| {name} | {kind} | {weight:g} | {spread(ours)} | {spread(theirs)} | {ratio:.2f} | {share:.0%} |",
                  flush=True)


if __name__ == "__main__":
    main()
