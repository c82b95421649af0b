#!/usr/bin/env bash
# Sets up, configures and builds one preset. build/sinkmoe then links to the program of the last release build; report-only
# does not take the place of a program that trains.
#
# scripts/build.sh [PRESET [TARGET...]]
#   PRESET  cpu-release (default), cpu-debug, cuda-release, asan-ubsan, asan-torch, tsan, fuzz, bench,
#           report-only (no LibTorch, one minute)
#   TARGET  what to build, for example sinkmoe (the program without the tests); default: all
#
# Cost: a build folder of 0.2 to 1 GB, build-PRESET.
# Time: on two cores 5 to 15 minutes cold (mostly for LibTorch's headers), seconds if little has changed.
# Environment: SINKMOE_JOBS (compile jobs), SINKMOE_CACHE (where LibTorch is).
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h | --help) help_text; exit 0 ;;
esac
preset="${1:-cpu-release}"
shift || true
folder="$ROOT/build-$preset"

case "$preset" in
  cpu-release | cpu-debug | asan-torch | bench) "$ROOT/scripts/setup.sh" ;;
  asan-ubsan | tsan | fuzz) "$ROOT/scripts/setup.sh" --report-only --dev ;;
  cuda-release)
    # Compiling and linking needs LibTorch's headers and libtorch_cuda.so, which both kinds of set-up have. To run on this
    # machine's GPU, the program also needs the other CUDA libraries, which the set-up fetches if there is a GPU.
    if has_gpu || [ -z "$(libtorch_root)" ]; then "$ROOT/scripts/setup.sh"; fi
    if ! command -v nvcc >/dev/null; then
      [ -x /usr/local/cuda/bin/nvcc ] || fail "the cuda-release preset needs nvcc 13.0" "install the CUDA toolkit 13.0"
      export CUDACXX=/usr/local/cuda/bin/nvcc
    fi
    ;;
  report-only) "$ROOT/scripts/setup.sh" --report-only ;;
  *) fail "unknown preset '$preset'" "see scripts/build.sh --help" ;;
esac

# configure [CMAKE ARGUMENT...]: only if the folder is not configured yet; ninja handles later changes itself.
configure() {
  local cache="$folder/CMakeCache.txt" root
  root="$(libtorch_root)"
  if [ -e "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$ROOT" "$cache"; then
    say "$folder belongs to a checkout in another place: creating it again"
    rm -rf "$folder"
  fi
  if [ -e "$folder/build.ninja" ] && { grep -qxF "SINKMOE_TORCH:BOOL=OFF" "$cache" ||
    grep -qxF "SINKMOE_TORCH_ROOT:PATH=$root" "$cache"; }; then
    return 0
  fi
  say "configuring $preset"
  (cd "$ROOT" && cmake --preset "$preset" ${root:+"-DSINKMOE_TORCH_ROOT:PATH=$root"} -Wno-dev \
    --log-level=NOTICE --no-warn-unused-cli >"$folder.log" 2>&1) ||
    { cat "$folder.log" >&2; fail "CMake could not configure $preset"; }
  rm -f "$folder.log"
}

configure
started=$SECONDS
say "building $preset with $(jobs) jobs"
NINJA_STATUS='[%f/%t, %e s] ' cmake --build "$folder" -j "$(jobs)" ${1:+--target "$@"}
case "$preset" in
  *-release | report-only)
    other="$(readlink "$ROOT/build/sinkmoe" || true)"
    if [ "$preset" = report-only ] && [ -x "$ROOT/build/sinkmoe" ] && [ "$other" != "../build-report-only/sinkmoe" ]; then
      say "build/sinkmoe stays ${other#../}; this program is build-report-only/sinkmoe"
    elif [ -x "$folder/sinkmoe" ]; then
      mkdir -p "$ROOT/build"
      ln -sfn "../build-$preset/sinkmoe" "$ROOT/build/sinkmoe"
    fi
    ;;
esac
[ $((SECONDS - started)) -lt 3 ] || say "built in $(duration $((SECONDS - started)))"
