#!/usr/bin/env bash
# SIGNALS (200) signals at random moments to sweeps of the fake job, and as many to real training if there is LibTorch.
# Expected: exit within 10 s, always resumable, same tables in the end.
# Cost: 25 minutes.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
code=0
(drill signals --signals "${SIGNALS:-200}") || code=$?
if torch_program >/dev/null; then
  (drill signals --body train --signals "${REAL_SIGNALS:-200}" --longest "${LONGEST:-4}" --name signals_train) || code=$?
fi
exit "$code"
