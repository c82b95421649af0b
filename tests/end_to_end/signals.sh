#!/usr/bin/env bash
# SIGTERM, SIGUSR1 and SIGUSR2 during a sweep: exit code 75 within 10 s; SIGHUP under nohup: nothing; then the same command
# finishes the sweep.
# Cost: 2 runs of a few thousand small steps. Time: 30 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
db="$work/results.db"
# Long enough for all signals to arrive during work, also on a fast machine.
arguments=(smoke train.steps=4000 attention.kind=vanilla)

for signal in TERM USR1 USR2; do
  "$sinkmoe" --db "$db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null &
  leader=$!
  sleep 2
  kill "-$signal" "$leader" 2>/dev/null || break  # it was faster
  started=$SECONDS code=0
  wait "$leader" || code=$?
  [ $((SECONDS - started)) -le 10 ] || die "SIG$signal: it took $((SECONDS - started)) s to stop"
  [ "$code" = 75 ] || [ "$code" = 0 ] || die "SIG$signal: exit code $code"
done
nohup "$sinkmoe" --db "$db" run "${arguments[@]}" --workers 2 >"$work/log" 2>&1 </dev/null &
leader=$!
sleep 1
kill -HUP "$leader" 2>/dev/null || true
for worker in $(cat "/proc/$leader/task/$leader/children" 2>/dev/null); do kill -HUP "$worker" 2>/dev/null || true; done  # as a terminal does
wait "$leader" || die "the run after the signals, under nohup"
expect "runs not done" "$(number "$db" "select count(*) from run where status <> 'done'")" 0
