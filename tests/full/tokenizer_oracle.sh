#!/usr/bin/env bash
# Ids of our tokenizer.json reader against those of PyPI `tokenizers`, for files of every style that the drill trains itself.
# Expected: equal ids on every text. tokenizer_oracle.sh [FOLDER]: the texts; default: the files of this repository.
# Needs the tests of the same build as SINKMOE, and the network once for a virtual environment (ORACLE_VENV).
# Cost: 2 minutes of one core; 75 MB of novels take 30.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
program="$(dirname "$(realpath -m "$sinkmoe")")/drill_encode"
[ -x "$program" ] || { echo "skipped: no program at $program"; exit 77; }
venv="${ORACLE_VENV:-$root/build/oracle-venv}"
if ! "$venv/bin/python" -c 'import tokenizers' 2>/dev/null; then
  { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet tokenizers==0.22.1; } >/dev/null 2>&1 ||
    { echo "skipped: PyPI tokenizers cannot be installed"; exit 77; }
fi
code=0
"$venv/bin/python" "$root/tests/full/tokenizer_oracle.py" "$program" "$@" | tee "$results/tokenizer_oracle.log" || code=$?
result tokenizer_oracle "$code" "{\"styles\": $(grep -c ' ids, ' "$results/tokenizer_oracle.log"), \"equal\": $(grep -c 'equal$' "$results/tokenizer_oracle.log"),
  \"texts\": \"$(head -n 1 "$results/tokenizer_oracle.log")\"}"
exit "$code"
