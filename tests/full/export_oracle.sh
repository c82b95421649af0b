#!/usr/bin/env bash
# Exported models in transformers and peft: the logits of the model that was trained, by an independent rebuild of it, and the
# greedy continuation of `sinkmoe sample` with its probabilities.
# Needs the network once for a virtual environment (EXPORT_VENV) with torch, transformers and peft.
# Cost: 8 runs of 30 steps, 2 GB of disk. Time: 2 minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
[ -x "$sinkmoe" ] || { echo "skipped: no program at $sinkmoe"; exit 77; }
venv="${EXPORT_VENV:-$root/build/export-venv}"
if ! "$venv/bin/python" -c 'import peft, transformers' 2>/dev/null; then
  { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet torch==2.11.0 transformers==5.24.0 peft==0.21.0; } >/dev/null 2>&1 ||
    { echo "skipped: transformers and peft cannot be installed"; exit 77; }
fi
code=0
"$venv/bin/python" "$root/tests/full/export_oracle.py" "$sinkmoe" | tee "$results/export_oracle.log" || code=$?
result export_oracle "$code" "{\"models\": $(grep -c 'logits' "$results/export_oracle.log")}"
exit "$code"
