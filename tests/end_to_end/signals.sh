#!/usr/bin/env bash
# SIGTERM and SIGUSR1 during a sweep: exit code 75 within 10 s, then the same command finishes the sweep.
# Cost: 2 runs of a few thousand small steps. Time: 30 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
db="$work/results.db"
# Long enough for both signals to arrive during work, also on a fast machine.
arguments=(smoke train.steps=4000 attention.kind=vanilla)

for signal in TERM USR1; do
  "$sinkmoe" --db "$db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null &
  leader=$!
  sleep 2
  kill "-$signal" "$leader" 2>/dev/null || break  # it was faster
  started=$SECONDS code=0
  wait "$leader" || code=$?
  [ $((SECONDS - started)) -le 10 ] || die "SIG$signal: it took $((SECONDS - started)) s to stop"
  [ "$code" = 75 ] || [ "$code" = 0 ] || die "SIG$signal: exit code $code"
done
"$sinkmoe" --db "$db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null || die "the run after the signals"
expect "runs not done" "$(number "$db" "select count(*) from run where status <> 'done'")" 0
