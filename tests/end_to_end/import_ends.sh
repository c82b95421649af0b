#!/usr/bin/env bash
# Imports that are killed in the middle: a crash has its own message and exit code and leaves nothing half-written, and the
# child process that does the work ends together with the program.
# Compressed texts, whole and cut. Cost: 2 MB of generated text. Time: 15 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
mkdir "$work/texts" "$work/data"
for file in 1 2; do
  awk -v seed="$file" 'BEGIN {
    x = seed
    for (i = 0; i < 150000; ++i) { x = (x * 16807) % 2147483647; printf "w%d%s", x % 9973, i % 12 == 11 ? ".\n" : " " }
  }' >"$work/texts/$file.txt"
done
import=("$sinkmoe" data import "$work/texts" --out "$work/data/set")

# nothing_left WHAT: neither a finished nor a half-written import exists.
nothing_left() { expect "files after $1" "$(ls -A "$work/data")" ""; }

# ended_well NUMBER CODE: the message and exit code after a crash by this signal.
ended_well() {
  expect "the code after signal $1" "$2" 12
  grep -qF "texts: the import was ended by signal $1 (" "$work/log" || die "the message does not name signal $1"
  grep -qF "run the same command again" "$work/log" || die "the message does not say what to do"
  nothing_left "signal $1"
}

# No file may grow beyond 1 KiB: a write fails as on a full disk, here in the middle of a file.
code=0
(ulimit -f 1; exec "${import[@]}" 2>&1) 2>&1 | cat >"$work/log" || code=$?
expect "the code after a limit of the file size" "$code" 1
grep -qF "cannot write: File too large; free some disk space" "$work/log" || die "the message does not name the cause"
nothing_left "a limit of the file size"

# begin: starts an import with SIGINT as at a terminal and stops its child in the training; sets parent and child.
begin() {
  : >"$work/log"
  env --default-signal=INT "${import[@]}" >"$work/log" 2>&1 &
  parent=$!
  until grep -q training "$work/log"; do kill -0 "$parent" 2>/dev/null || die "no training was seen"; done
  child="$(grep -ls "^PPid:[[:space:]]*$parent\$" /proc/[0-9]*/status | tr -dc '0-9\n')" || true
  [ -n "$child" ] || die "no process was there to do the import"
  kill -STOP "$child"
}

# alive PROCESS: exists and is not a zombie.
alive() { grep -qs '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status"; }

for number in 11 6; do
  begin
  kill "-$number" "$child"
  kill -CONT "$child"
  code=0
  wait "$parent" || code=$?
  ended_well "$number" "$code"
done

# At once: a stopped process reacts only to the signal that it gets when its parent ends.
for signal in INT TERM KILL; do
  begin
  kill "-$signal" "$parent"
  code=0
  wait "$parent" 2>/dev/null || code=$?
  expect "the code after SIG$signal" "$code" $((128 + $(kill -l "$signal")))
  for _ in 1 2 3 4 5 6 7 8 9 10; do ! alive "$child" || sleep 0.1; done
  ! alive "$child" || die "after SIG$signal the import goes on without its parent"
  [ ! -e "$work/data/set" ] || die "after SIG$signal there is a set"
done

"${import[@]}" >"$work/log" 2>&1 || die "the import after all that"
expect "what is there in the end" "$(ls -A "$work/data")" set

# Compressed, the same text gives the same tokens; a compressed file that is cut gives an error, and no set.
mkdir "$work/packed" "$work/cut"
gzip -c "$work/texts/1.txt" >"$work/packed/1.txt.gz"
python3 - "$work/texts/2.txt" "$work/packed/2.txt.gz" <<'END'
import gzip, sys
text = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(gzip.compress(text[:500000]) + gzip.compress(text[500000:]))
END
"$sinkmoe" data import "$work/packed" --out "$work/data/packed" >"$work/log" 2>&1 || die "the import of compressed texts"
for split in train valid; do
  cmp "$work/data/set/$split.tokens" "$work/data/packed/$split.tokens" || die "compressed texts give other tokens"
done
head -c 100000 "$work/packed/1.txt.gz" >"$work/cut/1.txt.gz"
code=0
"$sinkmoe" data import "$work/cut" --out "$work/data/cut" >"$work/log" 2>&1 || code=$?
expect "the code of an import of a cut file" "$code" 2
grep -qF "1.txt.gz: byte 100000: the file is cut" "$work/log" || die "the message does not say what is wrong with a cut file"
[ ! -e "$work/data/cut" ] || die "a cut file gave a set"
