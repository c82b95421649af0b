#!/usr/bin/env bash
# Packs what scripts/device_check.sh needs on a GPU machine that has PyTorch 2.11 for CUDA 13, but no compiler and no packages:
# programs, tests and bench of the CUDA build, the libraries they need besides PyTorch's, experiments, and data.
#
# scripts/device_pack.sh [--program FOLDER] [--data FOLDER] [--limit MIB]
#   --program FOLDER  the build folder to take (default: build-cuda-release, built if needed)
#   --data FOLDER     an imported text, which becomes data/novels8k there (default: data/novels8k, if it is there)
#   --limit MIB       the largest archive (default: 64); a larger one is an error
#
# Writes build/device/pack.tar.xz and prints its size and parts.
# Cost: 0.3 GB of disk and a build folder. Time: a minute after the build.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

build="" data="$ROOT/data/novels8k" limit=64 data_wanted=no
while [ $# -gt 0 ]; do
  case "$1" in
    -h | --help) help_text; exit 0 ;;
    --program | --data | --limit)
      [ $# -gt 1 ] || fail "$1 needs a value"
      case "$1" in
        --program) build="$(realpath "$2")" ;;
        --data) data="$(realpath "$2")" data_wanted=yes ;;
        --limit) limit="$2" ;;
      esac
      shift
      ;;
    *) fail "unknown argument '$1'" "see scripts/device_pack.sh --help" ;;
  esac
  shift
done

programs=(sinkmoe sinkmoe_torch test_attention test_model test_train step_bench)
if [ -z "$build" ]; then
  build="$ROOT/build-cuda-release"
  # Configures, and builds the program; the bench is then added to this build folder.
  "$ROOT/scripts/build.sh" cuda-release sinkmoe
  cmake -DSINKMOE_BENCH=ON "$build" >/dev/null
  cmake --build "$build" -j "$(jobs)" --target "${programs[@]}"
fi
[ -x "$build/sinkmoe" ] || fail "no program in $build" "scripts/build.sh cuda-release"
[ "$data_wanted" = no ] || [ -d "$data" ] || fail "$data is not a folder" "sinkmoe data import DIR --vocab 8192 --out data/novels8k"

out="$ROOT/build/device" stage="$ROOT/build/device/pack"
rm -rf "$out"
mkdir -p "$stage/bin" "$stage/lib" "$stage/data"
for program in "${programs[@]}"; do
  [ ! -x "$build/$program" ] && note "without $program, which is not built" && continue
  cp "$build/$program" "$stage/bin/"
  strip "$stage/bin/$program"
done

# Libraries of PyTorch and CUDA are on the machine; those of the C library belong to its system.
for program in "$stage"/bin/*; do
  ldd "$program"
done | awk '$2 == "=>" && $3 ~ /^\// {print $1, $3} /not found/ {print $1, "missing"}' | sort -u >"$out/libraries"
while read -r name path; do
  case "$name" in
    libtorch* | libc10* | libgomp* | libcud* | libnv* | libcu* | libnccl*) continue ;;
    libc.so* | libm.so* | libdl.so* | librt.so* | libpthread.so* | ld-linux* | libgcc_s* | libstdc++*) continue ;;
  esac
  [ "$path" != missing ] || fail "$name, which a program needs, is not found"
  cp -L "$path" "$stage/lib/$name"
done <"$out/libraries"

cp -r "$ROOT/configs" "$ROOT/experiments" "$ROOT/plots" "$stage/"
rm -rf "$stage"/*/local "$stage"/configs/*/local
mkdir -p "$stage/scripts" "$stage/tests/bench"
cp "$ROOT"/scripts/{common,device_check}.sh "$stage/scripts/"
cp "$ROOT"/tests/bench/{gpu_peer,kernel_report}.py "$stage/tests/bench/"
if [ -d "$data" ]; then cp -rL "$data" "$stage/data/novels8k"; else note "without data: $data is not there"; fi
git -C "$ROOT" rev-parse HEAD >"$stage/commit"

tar -C "$out" -cf - pack | xz -T0 -6 >"$out/pack.partial"
mv "$out/pack.partial" "$out/pack.tar.xz"
for part in bin lib data; do
  note "$part $(du -sk "$stage/$part" | cut -f1) KiB: $(find "$stage/$part" -type f -printf '%f ' | cut -c1-160)"
done
size="$(stat -c %s "$out/pack.tar.xz")"
say "build/device/pack.tar.xz: $((size / 1024)) KiB"
[ "$size" -le $((limit << 20)) ] || fail "that is more than $limit MiB" "pack less data: --data FOLDER"
