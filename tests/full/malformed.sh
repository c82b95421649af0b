#!/usr/bin/env bash
# COUNT (10000) malformed inputs per parser, made from its seeds. Expected: no crash, none over 5 s or 1 GB.
# Arguments are names of targets (tests/fuzz/NAME_fuzz.cpp); default: all. Needs the tests of the same build as SINKMOE.
# Cost: 5 minutes of one core.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
build="$(dirname "$(realpath "$sinkmoe")")"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
names=("$@")
if [ ${#names[@]} = 0 ]; then
  for file in "$root"/tests/fuzz/*_fuzz.cpp; do names+=("$(basename "$file" _fuzz.cpp)"); done
fi
[ -x "$build/mutants_${names[0]}" ] || { echo "skipped: $build has no tests"; exit 77; }
cd "$work"
all=0
for name in "${names[@]}"; do
  folders=() code=0
  for folder in "$root/tests/fuzz/seeds/$name" "$root/tests/fuzz/corpus/$name"; do [ ! -d "$folder" ] || folders+=("$folder"); done
  figures="$(SINKMOE_MUTANTS_MEMORY=1 "$build/mutants_$name" "${COUNT:-10000}" "${SEED:-1}" "${folders[@]}" 2>err)" || code=$?
  if [ "$code" != 0 ] && [ "$code" != 5 ]; then
    figures="{\"target\": \"$name\", \"code\": $code}"
    tail -n 5 err >&2
    [ ! -e "mutants_$name.bad" ] || cp "mutants_$name.bad" "$results/"
  fi
  echo "$figures"
  result "malformed_$name" "$code" "$figures"
  [ "$code" = 0 ] || all=1
done
exit "$all"
