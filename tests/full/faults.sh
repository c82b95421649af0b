#!/usr/bin/env bash
# Every write, sync, rename, open, unlink and truncate of nine commands fails once with each possible error, and so do
# allocations at random places. Expected: no crash, no damaged file, a message with file and cause, and the same command
# succeeds the next time.
# Cost: 10 minutes of one core.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill faults --most "${MOST:-200}" --most-malloc "${MOST_MALLOC:-150}"
