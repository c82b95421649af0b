#!/usr/bin/env bash
# STATEMENTS (1000) hostile statements for `query`, with a time limit of 2 s each. Expected: no byte of the database or its
# folder changes, and each ends within 5 s.
# Cost: 5 minutes of one core.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
drill sql --statements "${STATEMENTS:-1000}"
