# Shared by the scripts of this folder: paths, messages, small helpers. Sourced, never run.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="${SINKMOE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sinkmoe}"
LIBTORCH_VERSION=2.11.0

say() { printf '== %s\n' "$*"; }
note() { printf '   %s\n' "$*"; }

# fail MESSAGE [WHAT TO DO]: ends the script with code 1.
fail() {
  printf 'error: %s\n' "$1" >&2
  [ $# -lt 2 ] || printf '       %s\n' "$2" >&2
  exit 1
}

# The header comment of the calling script, as its help text.
help_text() { sed -n '2,/^[^#]/{/^#/!q;s/^# \{0,1\}//;p}' "$0"; }

# duration SECONDS: "7 s" or "3 min 12 s".
duration() {
  if [ "$1" -lt 60 ]; then printf '%d s' "$1"; else printf '%d min %d s' $(($1 / 60)) $(($1 % 60)); fi
}

# Number of compile jobs: one per core, but 2 GB of memory for each, because LibTorch's headers are large.
jobs() {
  local cpus memory
  cpus="$(nproc)"
  memory="$(awk '/MemAvailable/ {print int($2 / 2000000)}' /proc/meminfo)"
  [ "${memory:-1}" -ge 1 ] || memory=1
  echo "${SINKMOE_JOBS:-$((cpus < memory ? cpus : memory))}"
}

# True if an NVIDIA driver answers.
has_gpu() { command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1; }

# The folder of the unpacked LibTorch to build with; empty if there is none.
libtorch_root() {
  local kind
  for kind in cuda cpu; do
    if [ -e "$CACHE/libtorch-$LIBTORCH_VERSION-$kind/torch/lib/libtorch_cpu.so" ]; then
      echo "$CACHE/libtorch-$LIBTORCH_VERSION-$kind"
      return
    fi
  done
}
