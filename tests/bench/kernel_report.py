#!/usr/bin/env python3
"""Table of our CUDA kernels against the roof: the bytes that a step must move (step_bench --bytes), their time at the
copy bandwidth of the device, and, with a file of Nsight Compute (ncu --csv), the measured time and the share of that
bandwidth. Prints rows for Markdown.

kernel_report.py BYTES.json [--bandwidth BYTES_PER_S] [--ncu FILE.csv]
"""
import argparse
import csv
import json

UNITS = {"nsecond": 1e-9, "ns": 1e-9, "usecond": 1e-6, "us": 1e-6, "msecond": 1e-3, "ms": 1e-3, "second": 1.0, "s": 1.0}


def seconds_by_kernel(lines):
    """Seconds of each launch, by the kernel's full name. Lines before the header are messages of ncu."""
    lines = list(lines)
    start = next((i for i, line in enumerate(lines) if line.startswith('"ID"')), None)
    found = {}
    for row in csv.DictReader(lines[start:]) if start is not None else []:
        if row["Metric Name"] == "gpu__time_duration.sum":
            value = float(row["Metric Value"].replace(",", "")) * UNITS[row["Metric Unit"]]
            found.setdefault(row["Kernel Name"], []).append(value)
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("bytes")
    p.add_argument("--bandwidth", type=float, default=0.0)
    p.add_argument("--ncu")
    o = p.parse_args()
    with open(o.bytes) as f:
        kernels = json.load(f)
    measured = {}
    if o.ncu:
        with open(o.ncu, errors="replace") as f:
            measured = seconds_by_kernel(f)
    for k in kernels:
        # "norm_kernel" must not match "some_norm_kernel"
        times = [t for name, all_times in measured.items() if "::" + k["kernel"] in name for t in all_times]
        # The test at the start of a run launches some kernels at smaller shapes.
        times = [t for t in times if t > max(times) / 2]
        roof = k["bytes"] / o.bandwidth if o.bandwidth else None
        # A profile may end in the middle of a step; the cross-entropy has as many launches as there are chunks.
        step = sum(times) / len(times) * (k["launches"] or len(times)) if times else None
        cells = [k["kernel"], str(k["launches"] or "chunks"), f"{k['bytes'] / 1e6:.1f}",
                 f"{roof * 1e6:.1f}" if roof else "", f"{step * 1e6:.1f}" if step else "",
                 f"{100 * roof / step:.0f}" if roof and step else ""]
        print(" | ".join(cells))


if __name__ == "__main__":
    main()
