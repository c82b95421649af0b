#!/usr/bin/env bash
# Each write, sync, rename, open, unlink and truncate of nine commands fails in turn, with every error it can have, and
# allocations at random places: no crash, no damaged file, file and cause named, and the same command again succeeds.
# Cost: 10 minutes of one core.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill faults --most "${MOST:-200}" --most-malloc "${MOST_MALLOC:-150}"
