#!/usr/bin/env bash
# Puts the example files of docs/extending.md into a copy of the tree, builds it and uses them; no other file is changed.
# With LibTorch: all of them, through training and the tests of all plug-ins. Without: what they declare, plan and refuse.
# Cost: three LibTorch units and two links with a warm ccache. Time: 3 minutes.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
source "$root/scripts/common.sh"

copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
expect() { # expect WHERE TEXT: TEXT is in the output that WHERE names
  grep -qF -- "$2" "$copy/out" || fail "$1 does not show '$2'" "$(head -c 2000 "$copy/out")"
}

cd "$root"
tar -c --exclude='./build*' --exclude=./.git --exclude=./results --exclude=./runs --exclude=./data . | tar -x -C "$copy"
cd "$copy"
awk '/^```/ { if (out != "") { close(out); out = "" } else if (match($0, / file=.*/)) { out = substr($0, RSTART + 6) } next }
     out != "" { print > out }' docs/extending.md
for file in src/attention/variants/off_by_one.cpp src/attention/variants/constant_gate.cpp src/balance/losses/absolute.cpp \
  src/data/sources/counting.cpp src/metrics/summaries/least_importance.cpp src/cli/commands/hello_command.cpp \
  experiments/off_by_one.toml plots/off_by_one.toml; do
  [ -s "$file" ] || fail "docs/extending.md has no example $file"
done

torch=OFF
[ -z "$(libtorch_root)" ] || torch=ON
say "building the copy (LibTorch: $torch)"
cmake --preset cpu-release -DSINKMOE_TORCH=$torch -DSINKMOE_TESTS=$torch >out 2>&1 || { cat out; fail "cmake failed"; }
cmake --build build-cpu-release -j "$(jobs)" --target sinkmoe >out 2>&1 || { tail -n 40 out; fail "the build failed"; }
sinkmoe=build-cpu-release/sinkmoe

# What plug-ins declare is known with and without LibTorch.
"$sinkmoe" list sources >out
expect "list sources" counting
"$sinkmoe" list experiments >out
expect "list experiments" off_by_one
"$sinkmoe" list artifacts >out
expect "list artifacts" off_by_one
"$sinkmoe" list variants >out
expect "list variants" off_by_one
expect "list variants" constant_gate
"$sinkmoe" list losses >out
expect "list losses" absolute
"$sinkmoe" hello you >out
expect "the new command" "hello you"
"$sinkmoe" plan off_by_one >out
expect "plan off_by_one" "8 runs"

# Options: shown, checked, refused under another variant; parameters: counted, 2 layers of 4 heads.
"$sinkmoe" config show attention.kind=constant_gate attention.constant_gate.bias=2 >out
expect "config show" "attention.constant_gate.bias = 2"
"$sinkmoe" config show attention.constant_gate.bias=2 >out 2>&1 && fail "an option of another variant is accepted"
expect "the refusal" "set attention.kind = constant_gate"
"$sinkmoe" config show attention.kind=constant_gate attention.constant_gate.bias=50 >out 2>&1 && fail "50 is out of range"
expect "the refusal" "give a value from -20 to 20"
parameters() { "$sinkmoe" plan quick attention.kind="$1" balance.weight=0 train.seed=0 --json | grep -m 1 -o '"parameters": [0-9]*' | grep -o '[0-9]*$'; }
[ "$(parameters constant_gate)" = $(($(parameters vanilla) + 8)) ] || fail "plan does not count the parameters of constant_gate"
[ $torch = ON ] || { say "without LibTorch: nothing trained"; exit 0; }

cmake --build build-cpu-release -j "$(jobs)" --target test_attention test_balance test_data >out 2>&1 || { tail -n 40 out; fail "the tests failed to build"; }
conforms() { # conforms TEST FILTER
  "build-cpu-release/$1" --gtest_filter="$2" >out 2>&1 || { grep -B 8 FAILED out | head -n 60; fail "a plug-in of docs/extending.md fails the tests of all ($1)"; }
  grep -q "^\[  PASSED  \] [1-9]" out || fail "$1 has no test for $2" "$(tail -n 3 out)"
}
conforms test_attention '*off_by_one*:*constant_gate*:Variants.Names*'
conforms test_balance '*/absolute:Losses.Names*'
conforms test_data 'TestSplit.*:LossParts.*'

"$sinkmoe" --quiet run off_by_one --workers 2 >out 2>&1 || { cat out; fail "the sweep failed"; }
"$sinkmoe" query "select count(*) as n from run_wide where status = 'done' and eval_least_importance > 0" --json >out
expect "the database" 8
"$sinkmoe" --quiet run smoke attention.kind=constant_gate attention.constant_gate.bias=2 balance.weight=0 train.seed=0 >out 2>&1 ||
  { cat out; fail "constant_gate cannot be trained"; }
"$sinkmoe" query "select identity, (select value from metric where run = run.id and name = 'model/parameters') as parameters from run where identity like '%constant_gate%'" --json >out
expect "the identity" 'attention.constant_gate.bias = 2'
"$sinkmoe" report off_by_one >out 2>&1 || { cat out; fail "the report failed"; }
cat results/out/off_by_one.md >out
expect "the table" off_by_one
expect "the table" "least importance"
say "eight new files, none changed: all of them at work"
