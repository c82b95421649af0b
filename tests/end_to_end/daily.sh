#!/usr/bin/env bash
# Commands of daily work: version, completion in real shells, private files, watch, serve, tags and notes, exports.
# Cost: runs of the job that pretends to train. Time: 20 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
sinkmoe="$(readlink -f "$sinkmoe")"
db="$work/results.db"
tab=$'\t'

# has WHAT TEXT LINE: TEXT has this line.
has() { grep -qxF -- "$3" <<<"$2" || { printf '%s\n' "$2" >"$work/log"; die "$1: no line '$3'"; }; }

# The version of a bug report.
version="$("$sinkmoe" --version)"
grep -qE '^sinkmoe [0-9]+\.[0-9]+\.[0-9]+$' <<<"$version" || die "--version: $version"
grep -qE '^commit ([0-9a-f]{40}|unknown)' <<<"$version" || die "--version names no commit: $version"
if complete="$(torch_program)"; then
  torch="$(dirname "$(ldd "$complete" | sed -nE 's/.*libtorch_cpu.so => ([^ ]+).*/\1/p')")/../version.py"
  has "--version" "$version" "LibTorch $(sed -nE "s/^__version__ = '(.*)'/\1/p" "$torch")"
fi

# A tree of the user's own: a private sweep, group option and artifact. No map names them.
mkdir "$work/tree"
cp -r configs experiments plots "$work/tree/"
cd "$work/tree"
mkdir experiments/local configs/model/local plots/local
printf 'title = "My own"\ngroups = ["train=smoke", "model=mine"]\n[[sweep.block]]\ntrain.lr = [1e-3, 2e-3]\n' >experiments/local/mine.toml
printf '[model]\nlayers = 1\nwidth = 32\nheads = 2\n' >configs/model/local/mine.toml
sed 's/^title = .*/title = "My own table"/' plots/main_table.toml >plots/local/my_table.toml
unset SINKMOE_LOCAL
"$sinkmoe" --db "$db" run mine --job fake train.steps=40 run.log_every=10 --name mine >"$work/log" 2>&1 </dev/null || die "run mine"
"$sinkmoe" --db "$db" plan mine train.steps=40 >"$work/log" 2>&1 || die "plan of a sweep that is done"
expect "runs that plan marks as done" "$(grep -cE '^[0-9a-f]{12} +done ' "$work/log")" 2
grep -qF "2 are done in $db: nothing is left to train" "$work/log" || die "plan does not say that every run is done"
"$sinkmoe" --db "$db" plan mine train.steps=40 train.lr=1e-3,2e-3,3e-3 >"$work/log" 2>&1 || die "plan of a wider sweep"
grep -qF "3 runs; " "$work/log" && grep -qF "2 are done in $db; the others: about " "$work/log" || die "the wider plan"
"$sinkmoe" plan mine train.steps=5 >"$work/out" 2>"$work/log" || die "plan of few steps"
grep -qF "warning: 2 runs: train.warmup = 10 is longer than train.steps = 5" "$work/log" || die "no warning of the warm-up"
cp experiments/quick.toml experiments/local/copied.toml
"$sinkmoe" plan copied >"$work/log" 2>&1 || die "a copied sweep file"
grep -q '^copied (' "$work/log" || die "a copy does not have the name of its file"
expect "runs of the private sweep" "$(number "$db" "select count(*) from experiment_wide where experiment = 'mine' and model_layers = 1")" 2
"$sinkmoe" list artifacts | grep -q '^my_table ' || die "the private artifact is not listed"

# What may come next, as the shells ask for it.
run_id="$(number "$db" "select min(run_id) from run")"
next() { "$sinkmoe" __complete "$@" | cut -f1; }
has "commands" "$(next '')" status
has "options" "$(next run quick --on)" --on-fail
has "values of an option" "$(next run quick --on-fail '')" stop
has "experiments" "$(next plan m)" mine
has "keys" "$(next run quick train.wa)" train.warmup=
has "values of an enumeration" "$(next run quick model.mlp=)" model.mlp=gelu
has "the second value of a list" "$(next run quick attention.kind=sink,van)" attention.kind=sink,vanilla
has "options of plug-ins" "$(next run quick attention.gated.form=)" attention.gated.form=elementwise
has "groups" "$(next run quick mod)" model=
has "options of a group" "$(next run quick model=m)" model=mine
hasnt() { ! grep -qxF -- "$3" <<<"$2" || die "$1 offers '$3'"; }
has "stored experiments" "$(next --db "$db" status m)" mine
expect "experiments of a file only, where stored ones are needed" "$(next --db "$db" plot eval/loss smok)" ""
hasnt "a list" "$(next run quick attention.kind=sink,vanilla,)" attention.kind=sink,vanilla,vanilla
hasnt "a key that is there" "$(next run quick train.lr=1 train.l)" train.lr=
"$sinkmoe" --db "$db" tag "$run_id" --add first-one
has "tags" "$(next --db "$db" tag --remove f)" first-one
"$sinkmoe" --db "$db" tag "$run_id" --remove first-one
[ -e "$("$sinkmoe" --db "$db" show "$run_id" | sed -n 's/^log: //p')" ] || die "show names a log that is not there"
has "runs beside experiments" "$(next --db "$db" config show "${run_id:0:5}")" "$run_id"
has "kinds of lists" "$(next list va)" variants
has "run ids" "$(next --db "$db" show "${run_id:0:3}")" "$run_id"
has "help beside a run id" "$("$sinkmoe" __complete --db="$db" show "${run_id:0:6}")" "$run_id${tab}done train.lr=$(number "$db" "select value from param join run on run = id where run_id = '$run_id' and key = 'train.lr'")"
expect "candidates without a database" "$("$sinkmoe" __complete --db "$work/absent.db" show '')" ""
[ ! -e "$work/absent.db" ] || die "completion made a database"

# One press of Tab: 50 ms of processor time, in the program that the shells ask.
python3 -c 'import resource, subprocess, sys
def used():
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    return now.ru_utime + now.ru_stime
times = []
for _ in range(5):  # the least, because other programs may be in the way
    before = used()
    subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
    times.append(used() - before)
sys.exit(f"{min(times):.3f} s" if min(times) > 0.05 else 0)' \
  "$sinkmoe" __complete --db "$db" run quick train.wa 2>"$work/log" || die "completion takes too long"

# Real shells, as far as they are installed.
ln -s "$sinkmoe" sinkmoe
press="$(bash --norc -c 'eval "$(./sinkmoe completion bash)"; COMP_LINE="./sinkmoe run quick train.wa" COMP_POINT=28
  _sinkmoe ./sinkmoe; echo "${COMPREPLY[@]}"' 2>/dev/null)"
expect "bash" "$press" "train.warmup="
press="$(bash --norc -c 'eval "$(./sinkmoe completion bash)"; COMP_LINE="./sinkmoe run quick attention.kind=sink,g" COMP_POINT=41
  _sinkmoe ./sinkmoe; echo "${COMPREPLY[@]}"' 2>/dev/null)"
expect "bash after =" "$press" "sink,gated"
if command -v fish >/dev/null; then
  press="$(HOME="$work" fish -c './sinkmoe completion fish | source; complete -C "./sinkmoe run quick model=mi"' 2>&1)"
  has "fish" "$(cut -f1 <<<"$press")" model=mine
fi
if command -v zsh >/dev/null; then
  # zsh completes only in its line editor, so real keys are pressed in a pseudo-terminal.
  press="$(HOME="$work" timeout 60 python3 -c 'import os, pty, select, sys, time
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execvp("zsh", ["zsh", "-f", "-i"])
def until(text, seconds):
    seen, end = b"", time.time() + seconds
    while text not in seen and time.time() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            seen += os.read(terminal, 65536)
    return seen
os.write(terminal, b"PS1=; autoload -Uz compinit; compinit -u -d $HOME/dump; eval \"$(./sinkmoe completion zsh)\"; echo rea\"\"dy\n")
until(b"ready", 20)
os.write(terminal, b"./sinkmoe run quick train.wa\t")
sys.stdout.buffer.write(until(b"train.warmup=", 20))
os.kill(pid, 9)')" || true
  grep -q 'train.warmup=' <<<"$press" || { printf '%s\n' "$press" >"$work/log"; die "zsh completes nothing"; }
fi
cd "$root"
export SINKMOE_LOCAL=off

# A drill that works for some seconds, followed from outside. Readers must not disturb it.
live="$work/live.db"
"$sinkmoe" --db "$live" run smoke --job fake train.steps=3000 run.log_every=20 train.checkpoint_every=100 train.seed=0,1 \
  attention.kind=sink balance.weight=0 --workers 1 --name drill >"$work/live.log" 2>&1 </dev/null &
leader=$!
for _ in $(seq 100); do
  [ "$(number "$live" "select count(*) from metric" 2>/dev/null || echo 0)" -gt 20 ] && break
  sleep 0.1
done
COLUMNS=60 LC_ALL=C.UTF-8 "$sinkmoe" --db "$live" watch --once >"$work/screen" || die "watch --once"
grep -q '^drill' "$work/screen" || die "watch shows $(head -1 "$work/screen")"
grep -q '1 running' "$work/screen" || die "watch sees no running run: $(cat "$work/screen")"
grep -q '^  loss .*▁' "$work/screen" || die "watch draws no curve: $(cat "$work/screen")"
python3 -c 'import sys; assert all(len(line.rstrip("\n")) <= 60 for line in open(sys.argv[1], encoding="utf-8"))' "$work/screen" ||
  die "watch is wider than the terminal: $(cat "$work/screen")"
"$sinkmoe" --db "$live" --json watch drill | python3 -c 'import json, sys; v = json.load(sys.stdin); assert v["runs"] == 2 and v["running"][0]["loss"]' ||
  die "watch --json"

# On a terminal: it follows the size, Ctrl-C brings the screen back, and the sweep goes on.
python3 -c 'import fcntl, os, pty, select, signal, struct, sys, termios, time
pid, terminal = pty.fork()
if pid == 0:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a shell in the background ignores it
    os.environ.update(TERM="xterm", LC_ALL="C.UTF-8")
    os.execv(sys.argv[1], sys.argv[1:])
def resize(columns): fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 20, columns, 0, 0))
def until(wanted):
    seen, end = b"", time.time() + 30
    while wanted not in seen:
        if time.time() > end: sys.exit(f"watch shows no {wanted!r}: {seen[-500:]!r}")
        if select.select([terminal], [], [], 0.1)[0]: seen += os.read(terminal, 65536)
    return seen
resize(70)
until(b"\x1b[?1049h")
until(b" left")
resize(24)
time.sleep(0.5)
until(b"\x1b[H")
lines = until(b"\x1b[J").decode(errors="replace").replace("\x1b[H", "").split("\x1b[K")
if max(len(line.strip()) for line in lines[:3]) > 24: sys.exit(f"too wide after a new size: {lines}")
os.write(terminal, b"\x03")
until(b"\x1b[?1049l")
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
if code != 130: sys.exit(f"exit code {code} after Ctrl-C")' "$sinkmoe" --db "$live" watch 2>"$work/log" || die "watch on a terminal"

# The page: real requests, then a clean end by SIGINT.
coproc SERVE { exec "$sinkmoe" --db "$live" serve --port 0 2>&1; }
serve_pid=$SERVE_PID
read -r url _ <&"${SERVE[0]}"
# request METHOD PATH [HOST]: status and body, the path as it is.
request() {
  python3 -c 'import http.client, sys
c = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]), timeout=10)
c.putrequest(sys.argv[2], sys.argv[3], skip_host=True)
c.putheader("Host", sys.argv[4]); c.endheaders()
r = c.getresponse(); print(r.status, r.read().decode())' "$(sed -E 's,.*:([0-9]+)/,\1,' <<<"$url")" "$1" "$2" "${3:-localhost}"
}
request GET "/sweep?experiment=drill" | grep -q '^200 .*"runs":2,' || die "the page's numbers"
expect "a request with another host's name" "$(request GET / evil.example | cut -c1-3)" 403
expect "a request that writes" "$(request POST / | cut -c1-3)" 405
expect "a path to a file" "$(request GET /../../etc/passwd | cut -c1-3)" 404
kill -INT "$serve_pid"
code=0
wait "$serve_pid" || code=$?
expect "exit code of serve" "$code" 0

# A watch without a terminal ends with the sweep.
"$sinkmoe" --db "$live" watch drill >"$work/screen" || die "watch to the end: $(cat "$work/screen")"
grep -q 'drill: 2 of 2 done\|2 done' "$work/screen" || die "watch ended before the sweep: $(cat "$work/screen")"
wait "$leader" || die "the sweep that was watched: $(tail -3 "$work/live.log")"
expect "attempts of the sweep that was watched" "$(number "$live" "select count(*) from attempt")" 2

# A comparison keeps the order in which it is asked for.
"$sinkmoe" --db results/reference.db compare lr grid >"$work/out" || die "compare"
grep -q 'experiment lr: .*experiment grid: .*Δ' "$work/out" || die "the order of compare: $(head -40 "$work/out")"
grep -qxF "Δ, over the seeds that both have: grid - lr" "$work/out" || die "compare does not say what it subtracts"

# Tags, notes, several runs at once; exports.
mapfile -t ids < <(number "$live" "select run_id from run order by 1")
"$sinkmoe" --db "$live" tag "${ids[0]:0:6}" "${ids[1]}" --add paper --add best || die "tag"
"$sinkmoe" --db "$live" note "${ids[1]}" "a 'note'; with quotes" || die "note"
expect "tags and notes in the view" "$(number "$live" "select group_concat(tags || '/' || coalesce(note, ''), ';') from (select * from run_wide order by run_id)")" \
  "best paper/;best paper/a 'note'; with quotes"
"$sinkmoe" --db "$live" status drill | grep -q "best paper  a 'note'; with quotes" || die "status shows no tags and notes"
"$sinkmoe" --db "$live" note "${ids[1]}" "" || die "removing a note"
"$sinkmoe" --db "$live" query "select 'a_b' as x, 1.5 as y" --latex >"$work/table.tex"
expect "a LaTeX table" "$(tr '\n' '~' <"$work/table.tex")" '\begin{tabular}{lr}~\toprule~x & y \\~\midrule~a\_b & 1.5 \\~\bottomrule~\end{tabular}~'
"$sinkmoe" --db "$live" export curves drill --out "$work/curves" --csv --tensorboard --metric train/loss >"$work/log" || die "export"
expect "lines of the CSV" "$(wc -l <"$work/curves/curves.csv")" 301
expect "event files" "$(find "$work/curves" -name 'events.out.tfevents.*' | wc -l)" 2
code=0
"$sinkmoe" --db "$live" export curves drill --out "$work/none" --metric train/los >"$work/log" 2>&1 || code=$?
expect "exit code of an unknown metric" "$code" 2
[ ! -e "$work/none" ] || die "a refused export made a folder"
"$sinkmoe" --db "$live" export datasette --out "$work/metadata.json" >"$work/log" || die "export datasette"
python3 -c 'import json, sys; d = json.load(open(sys.argv[1]))["databases"]["live"]; assert d["tables"]["run_wide"]["columns"]["eval_loss"] and d["queries"]["variants"]["sql"]' \
  "$work/metadata.json" || die "the metadata for Datasette"
"$sinkmoe" --db "$live" report >"$work/log" 2>&1 || true
grep -qE '^no runs yet for [0-9]+ claims and [0-9]+ artifacts; the end of the page names them' "$work/log" || die "the end of report"
"$sinkmoe" --db "$live" void "${ids[@]}" --why "several at once" >"$work/log" || die "void"
expect "void runs" "$(number "$live" "select count(*) from run where status = 'void'")" 2
