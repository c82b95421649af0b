#!/usr/bin/env bash
# Tokens per second of training steps, side by side with the same model in PyTorch eager (Python).
#
# scripts/bench.sh [--quick] [--device cuda]
#   --quick        one round of the smallest model
#   --device cuda  on the GPU (default: cpu, two threads)
#
# Both programs take turns on this machine; the table gives medians over rounds, their range, the ratio, and the share
# of what a large matrix product reaches here. Written to build/bench.md as well.
# Cost: the whole LibTorch set, since `import torch` needs it: 2.8 GB of downloads, 6 GB of disk.
# Time: 15 minutes on two cores; --quick 1 minute.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help_text; exit 0 ;;
    --quick) arguments+=(--quick) ;;
    --device)
      [ $# -gt 1 ] || fail "--device needs cpu or cuda"
      arguments+=(--device "$2")
      shift
      ;;
    *) fail "unknown argument '$1'" "see scripts/bench.sh --help" ;;
  esac
  shift
done

python="$(command -v python3.11 || true)"
[ -n "$python" ] || fail "the comparison needs Python 3.11" "apt-get install python3"
"$ROOT/scripts/setup.sh" --cuda
packages="$CACHE/python-$LIBTORCH_VERSION"
if [ ! -e "$packages/sympy" ]; then
  say "what 'import torch' needs: downloading 200 MB into $packages"
  rm -rf "$packages.partial"
  "$python" -m pip install -q --no-deps --no-cache-dir --only-binary=:all: --require-hashes --target "$packages.partial" \
    -r "$ROOT/scripts/libtorch-python.txt" || fail "the download failed" "check the network and run this again"
  mv -T "$packages.partial" "$packages"
fi
"$ROOT/scripts/build.sh" bench step_bench
mkdir -p "$ROOT/build"
PYTHONPATH="$(libtorch_root):$packages" "$python" "$ROOT/tests/bench/compare.py" --ours "$ROOT/build-bench/step_bench" \
  "${arguments[@]}" | tee "$ROOT/build/bench.md"
