#!/usr/bin/env bash
# `sinkmoe heads` on a tiny pretrained checkpoint: table, page and JSON agree; bad input gives code 2 and leaves no file
# behind.
# Cost: none. Time: 5 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
models="$root/tests/inference/checkpoints"
printf '%s\n' "$(seq -s ' ' 0 40)" "$(seq -s ' ' 20 60)" >"$work/ids.txt"

heads() { "$sinkmoe" "$@" --ids "$work/ids.txt" --out "$work/out" >"$work/table" 2>"$work/log" </dev/null; }

heads heads "$models/gpt_oss" || die "heads of a good model ended with code $?"
grep -q "needs about .* GB of memory" "$work/log" || die "no memory was stated before the start"
grep -q "^sink rate at 0.3: .* T = 40" "$work/table" || die "the table has no sink rate with its T"
grep -q "^    0  .*window" "$work/table" || die "the windowed layer is not marked"
grep -q "<title>Heads of gpt_oss</title>" "$work/out/heads.html" || die "no page"
! grep -qE "<script|https?://[^w]" "$work/out/heads.html" || die "the page needs scripts or the network"

heads --json heads "$models/gpt_oss"
loss="$(python3 -c "import json, sys; r = json.load(open(sys.argv[1])); print(f\"{r['loss']:.4f}\", len(r['importance']))" "$work/table")"
grep -qF "${loss% *} nats" "$work/out/heads.html" || die "page and JSON differ in the loss"
expect "layers in the JSON" "${loss#* }" 2
rm -r "$work/out"

# refused TEXT MODEL [ARGUMENT...]: exit code 2, TEXT in the message, no page. Without arguments the rows are ids.txt.
refused() {
  local code=0 says="$1"
  shift
  [ $# -gt 1 ] || set -- "$@" --ids "$work/ids.txt"
  "$sinkmoe" heads "$@" --out "$work/out" >"$work/table" 2>"$work/log" </dev/null || code=$?
  expect "code for $*" "$code" 2
  grep -qF -- "$says" "$work/log" || die "'$*' does not name '$says'"
  [ ! -e "$work/out" ] || die "'$*' left a folder"
}
refused "nowhere" "$work/nowhere"
refused "config.json is missing" "$work"
cp -r "$models/llama2" "$work/bad"
sed -i 's/"rope_theta"/"rope_thetta"/' "$work/bad/config.json"
refused "rope_thetta" "$work/bad"
cp "$models/llama2/config.json" "$work/bad/"
truncate -s -4 "$work/bad/model.safetensors"
refused "model.safetensors" "$work/bad"
# An error that is found only when the layer is read: still no page.
cp "$models/llama2/model.safetensors" "$work/bad/"
printf '\xff\xff\xff\xff' | dd of="$work/bad/model.safetensors" bs=1 seek=30000 conv=notrunc status=none
refused "NaN" "$work/bad"
cp "$models/llama2/model.safetensors" "$work/bad/"
sed -i 's/"F32"/"I32"/' "$work/bad/model.safetensors"
refused "is I32; F32, F16 and BF16 can be read" "$work/bad"
sed -i 's/"model_type": "llama"/"model_type": "lama"/' "$work/bad/config.json"
refused "did you mean 'llama'" "$work/bad"
rm -r "$work/bad"
cp -r "$models/llama_tied" "$work/bad"
rm "$work/bad/model-00002-of-00003.safetensors"
refused "the shard 'model-00002-of-00003.safetensors' is missing" "$work/bad"
seq -s ' ' 40 90 >"$work/ids.txt"
refused "is not among the 64" "$models/llama2"

# Texts: the tokenizer is missing, is that of another model, or gives no token.
rm -r "$work/bad"
cp -r "$models/llama2" "$work/bad"
refused "there is no tokenizer.json" "$work/bad" --context 8
cp "$root/tests/data/hf_tokenizers/gpt2.json" "$work/bad/tokenizer.json"
refused "gives ids up to" "$work/bad" --context 8
printf '%s' '{"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false}, "model": {"vocab": {"a": 0, "b": 1}, "merges": []}}' \
  >"$work/bad/tokenizer.json"
: >"$work/empty.txt"
refused "the longest text has 0 tokens" "$work/bad" "$work/empty.txt" --context 8
printf 'abc' >"$work/c.txt"
refused "the vocabulary has no token for byte 99" "$work/bad" "$work/c.txt" --context 8
printf 'ab\xff' >"$work/c.txt"
refused "not UTF-8" "$work/bad" "$work/c.txt" --context 8
for _ in {1..40}; do printf 'ab'; done >"$work/ab.txt"
"$sinkmoe" heads "$work/bad" "$work/ab.txt" --context 8 --out "$work/out" >"$work/table" 2>"$work/log" || die "a text is refused"
grep -q "bits per byte" "$work/table" || die "no bits per byte"
echo "heads: ok"
