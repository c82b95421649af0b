#!/usr/bin/env bash
# A thousand stored runs with a million metric rows. Expected: status and saved queries under 0.2 s, all artifacts under 5 s,
# opening under 0.1 s (the shortest wall time of several).
# Cost: 1 minute, 100 MB in memory.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill scale --runs "${RUNS:-1000}" --rows "${ROWS:-1000000}"
