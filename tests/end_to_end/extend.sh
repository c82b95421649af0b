#!/usr/bin/env bash
# Puts the example files of docs/extending.md into a copy of the tree, builds it and uses them; no other file is changed.
# With LibTorch: variant, loss, source, sweep and artifact, through training. Without: source, sweep and artifact.
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
for file in src/attention/variants/off_by_one.cpp src/attention/variants/constant_gate.cpp src/balance/losses/absolute.cpp src/data/sources/counting.cpp \
  experiments/off_by_one.toml plots/off_by_one.toml; do
  [ -s "$file" ] || fail "docs/extending.md has no example $file"
done

torch=OFF
[ -z "$(libtorch_root)" ] || torch=ON
say "building the copy (LibTorch: $torch)"
cmake --preset cpu-release -DSINKMOE_TORCH=$torch -DSINKMOE_TESTS=$torch >out 2>&1 || { cat out; fail "cmake failed"; }
cmake --build build-cpu-release -j "$(jobs)" --target sinkmoe >out 2>&1 || { tail -n 40 out; fail "the build failed"; }
sinkmoe=build-cpu-release/sinkmoe

"$sinkmoe" list sources >out
expect "list sources" counting
"$sinkmoe" list experiments >out
expect "list experiments" off_by_one
"$sinkmoe" list artifacts >out
expect "list artifacts" off_by_one
"$sinkmoe" plan off_by_one >out
expect "plan off_by_one" "8 runs"
[ $torch = ON ] || { say "without LibTorch: variant and loss not built"; exit 0; }

"$sinkmoe" list variants >out
expect "list variants" off_by_one
expect "list variants" constant_gate
"$sinkmoe" plan quick attention.kind=constant_gate >out 2>&1 || { cat out; fail "constant_gate cannot be planned"; }
cmake --build build-cpu-release -j "$(jobs)" --target test_attention >out 2>&1 || { tail -n 40 out; fail "the tests failed to build"; }
build-cpu-release/test_attention --gtest_filter='*off_by_one*:*constant_gate*:Variants.Names*' >out 2>&1 ||
  { grep -B 8 FAILED out | head -n 60; fail "a variant of docs/extending.md fails the tests of all variants"; }
"$sinkmoe" list losses >out
expect "list losses" absolute
"$sinkmoe" --quiet run off_by_one --workers 2 >out 2>&1 || { cat out; fail "the sweep failed"; }
"$sinkmoe" query "select count(*) as n from run_wide where status = 'done' and eval_loss > 0" --json >out
expect "the database" 8
"$sinkmoe" report off_by_one >out 2>&1 || { cat out; fail "the report failed"; }
cat results/out/off_by_one.md >out
expect "the table" off_by_one
say "six new files, none changed: all of them at work"
