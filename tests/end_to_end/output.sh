#!/usr/bin/env bash
# Output that cannot be written: every command ends with a code that is not 0 and names the cause; files are complete or absent.
# Cost: none. Time: 10 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
db=results/reference.db
count=0

# lost CAUSE ARGUMENT...: standard output is the descriptor 3 of the caller.
lost() {
  local cause="$1" code=0
  shift
  "$sinkmoe" --db "$db" "$@" >&3 2>"$work/log" </dev/null || code=$?
  [ "$code" != 0 ] || die "'$*' ended with code 0, though its output was lost"
  grep -qF "standard output could not be written: $cause" "$work/log" || die "'$*' does not say '$cause'"
  count=$((count + 1))
}

mapfile -t commands < <("$sinkmoe" --help | sed -nE 's/^  ([a-z]+) .*/\1/p')
[ ${#commands[@]} -gt 10 ] || die "the commands in the help"
if [ -e /dev/full ]; then
  exec 3>/dev/full
  lost "No space left on device" --help
  for command in "${commands[@]}"; do lost "No space left on device" "$command" --help; done
  lost "No space left on device" status
  lost "No space left on device" --json status
  lost "No space left on device" query "select * from run_wide"
  lost "No space left on device" query --csv "select * from v_final limit 20000"
  lost "No space left on device" list experiments
  lost "No space left on device" plan smoke
  lost "No space left on device" config show model=small
  exec 3>&-
fi

code=0
"$sinkmoe" --db "$db" query "select 1" >&- 2>"$work/log" || code=$?
[ "$code" != 0 ] && grep -qF "it is closed" "$work/log" || die "a closed standard output: code $code"

# A full disk, as a limit of the size of files: the program must not die of SIGXFSZ either.
code=0
(ulimit -f 8 && "$sinkmoe" --db "$db" query --csv "select * from v_final limit 20000" >"$work/cut.csv" 2>"$work/log") || code=$?
[ "$code" = 1 ] && grep -qF "File too large" "$work/log" || die "a file of limited size: code $code"
"$sinkmoe" --db "$db" report --out "$work/whole" >"$work/log" 2>&1 || [ $? = 1 ] || die report
code=0
(ulimit -f 16 && "$sinkmoe" --db "$db" report --out "$work/cut" >"$work/log" 2>&1) || code=$?
[ "$code" != 0 ] || die "a report on a full disk ended with code 0"
for file in "$work"/cut/*; do
  [ ! -f "$file" ] || [ "${file##*.}" = png ] || cmp -s "$file" "$work/whole/$(basename "$file")" || die "$(basename "$file") is not complete"
done

# A pipe that its reader closes is no error to report, whether the signal ends the program or is ignored.
"$sinkmoe" --db "$db" query --csv "select * from v_final limit 20000" 2>"$work/log" | head -n 1 >/dev/null || true
[ ! -s "$work/log" ] || die "a closed pipe"
(trap '' PIPE; "$sinkmoe" --db "$db" query --csv "select * from v_final limit 20000" 2>"$work/log" || true) | head -n 1 >/dev/null
[ ! -s "$work/log" ] || die "a closed pipe, with the signal ignored"
echo "$count outputs were lost and reported"
