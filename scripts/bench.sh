#!/usr/bin/env bash
# Times whole training steps on the CPU next to the same model in PyTorch (eager and torch.compile), and the cost of gate,
# balance loss and logging.
#
# scripts/bench.sh [--quick | --costs | --fresh] [--no-compile] [--db FILE]
# scripts/bench.sh --ops [ARGUMENT of Google Benchmark...]
#   --quick       few rounds of the smallest model
#   --costs       only the cost of gate, balance loss and logging; needs no PyTorch
#   --fresh       only the cost of gate and balance loss at 1M against plain attention (claim C13); needs no PyTorch
#   --no-compile  without torch.compile, which needs a C++ compiler and one more minute
#   --ops         times single operations on one thread instead, next to the stock ones; needs no Python; 1 minute
#   --db FILE     also stores the timings in this database (`sinkmoe report overhead` shows them)
#
# All programs take turns, so the machine should be idle otherwise. The table gives medians over rounds and their range; it
# is also written to build/bench.md, and every round to build/bench.json.
# Cost: 2.8 GB of downloads and 6 GB of disk in a separate cache, because `import torch` needs the whole LibTorch set.
# Time: on two cores, after the build: --quick 4 minutes, --fresh 6, --costs 19, everything 36.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

if [ "${1:-}" = --ops ]; then
  "$ROOT/scripts/build.sh" bench op_bench
  exec "$ROOT/build-bench/op_bench" --benchmark_repetitions=5 --benchmark_report_aggregates_only=true "${@:2}"
fi

arguments=() compile=--compile db="" peer_needed=yes
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help_text; exit 0 ;;
    --quick) arguments+=(--quick --rounds 3) ;;
    --costs) arguments+=(--costs-only) peer_needed=no ;;
    --fresh) arguments+=(--fresh-only) peer_needed=no ;;
    --no-compile) compile= ;;
    --db)
      [ $# -gt 1 ] || fail "--db needs a file"
      db="$2"
      shift
      ;;
    *) fail "unknown argument '$1'" "see scripts/bench.sh --help" ;;
  esac
  shift
done

python="$(command -v python3.11 || true)"
[ -n "$python" ] || fail "the comparison needs Python 3.11" "apt-get install python3"
# PyTorch goes into a cache of its own, so that the LibTorch we build with does not change.
peer="$CACHE/peer"
packages="$peer/python-$LIBTORCH_VERSION"
install_peer() {
  SINKMOE_CACHE="$peer" "$ROOT/scripts/setup.sh" --cuda
  [ ! -e "$packages/sympy" ] || return 0
  say "downloading 200 MB for 'import torch' into $packages"
  rm -rf "$packages.partial"
  "$python" -m pip install -q --no-deps --no-cache-dir --only-binary=:all: --require-hashes --target "$packages.partial" \
    -r "$ROOT/scripts/libtorch-python.txt" || fail "the download failed" "check the network and run this again"
  mv -T "$packages.partial" "$packages"
}
[ "$peer_needed" = no ] || install_peer
"$ROOT/scripts/build.sh" bench step_bench sinkmoe
mkdir -p "$ROOT/build"
PYTHONPATH="$peer/libtorch-$LIBTORCH_VERSION-cuda:$packages" "$python" "$ROOT/tests/bench/compare.py" \
  --ours "$ROOT/build-bench/step_bench" --out "$ROOT/build/bench.json" --batch "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
  $compile "${arguments[@]}" | tee "$ROOT/build/bench.md"
[ -z "$db" ] || "$ROOT/build-bench/sinkmoe" bench "$ROOT/build/bench.json" --db "$db"
