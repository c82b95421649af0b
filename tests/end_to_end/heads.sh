#!/usr/bin/env bash
# `sinkmoe heads` on tiny pretrained checkpoints: table, page, JSON and database agree; bad input gives code 2 and leaves no file
# behind.
# Cost: none. Time: 5 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
models="$root/tests/inference/checkpoints"
printf '%s\n' "$(seq -s ' ' 0 40)" "$(seq -s ' ' 20 60)" >"$work/ids.txt"

heads() { "$sinkmoe" --db "$work/r.db" "$@" --ids "$work/ids.txt" --out "$work/out" >"$work/table" 2>"$work/log" </dev/null; }

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

# The same numbers are in the database, once for each model, text and BOS, under the names of trained runs.
heads heads "$models/llama2"
heads heads "$models/gpt_oss"
grep -q "measured before; its rows are kept" "$work/table" || die "the second measurement is not called one"
expect "runs and attempts" "$(number "$work/r.db" "SELECT (SELECT count(*) FROM run), (SELECT count(*) FROM attempt)")" "2|2"
expect "list, variants and steps" "$(number "$work/r.db" "SELECT group_concat(attention_kind || train_steps || data_context) FROM (
  SELECT * FROM experiment_wide WHERE experiment = 'heads' AND status = 'done' ORDER BY ordinal)")" "sink040,vanilla040"
heads --json heads "$models/gpt_oss"
python3 - "$work/table" "$("$sinkmoe" --db "$work/r.db" --json query "SELECT name, layer, head, value FROM v_final WHERE run_id =
  (SELECT run_id FROM experiment_wide WHERE experiment = 'heads' AND attention_kind = 'sink')")" <<'END' || die "database and JSON differ"
import json, sys
page, rows = json.load(open(sys.argv[1])), json.loads(sys.argv[2])
rows = rows["rows"] if isinstance(rows, dict) else rows
stored = {tuple(r.values() if isinstance(r, dict) else r)[:3]: tuple(r.values() if isinstance(r, dict) else r)[3] for r in rows}
assert abs(stored["eval/loss", -1, -1] - page["loss"]) < 1e-12
assert abs(stored["eval/imbalance", -1, -1] - page["imbalance"]) < 1e-9
for name in "importance", "first_weight", "value_ratio", "out_norm":
    for l, row in enumerate(page[name]):
        for h, value in enumerate(row):
            assert abs(stored["head/" + name, l, h] - value) < 1e-12, (name, l, h)
END
seq -s ' ' 1 41 >"$work/ids.txt"
heads heads "$models/llama2"
expect "runs after another text" "$(number "$work/r.db" "SELECT count(*) FROM run")" 3
numbers="$(python3 - "$models/llama2/model.safetensors" <<'END'
import json, math, struct, sys
with open(sys.argv[1], "rb") as file:
    header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
print(sum(math.prod(t["shape"]) for name, t in header.items() if name != "__metadata__" and not name.endswith("inv_freq")))
END
)"
expect "parameters of the model" "$(number "$work/r.db" "SELECT DISTINCT CAST(value AS INTEGER) FROM v_final JOIN run_wide USING (run_id)
  WHERE name = 'model/parameters' AND attention_kind = 'vanilla'")" "$numbers"
"$sinkmoe" --db "$work/other.db" merge "$work/r.db" >"$work/log" 2>&1 || die "the runs cannot be merged"
expect "merged runs" "$(number "$work/other.db" "SELECT count(*) FROM run")" 3
! "$sinkmoe" --db "$work/r.db" run smoke data.source=rows --name no >"$work/log" 2>&1 || die "a run can train on rows"
grep -q "only 'sinkmoe heads' measures token rows" "$work/log" || die "no reason why a run cannot train on rows"
printf '%s\n' "$(seq -s ' ' 0 40)" "$(seq -s ' ' 20 60)" >"$work/ids.txt"
cp "$work/r.db" "$work/before.db"
rm -r "$work/out"

# refused TEXT MODEL [ARGUMENT...]: exit code 2, TEXT in the message, no page. Without arguments the rows are ids.txt.
refused() {
  local code=0 says="$1"
  shift
  [ $# -gt 1 ] || set -- "$@" --ids "$work/ids.txt"
  "$sinkmoe" --db "$work/r.db" heads "$@" --out "$work/out" >"$work/table" 2>"$work/log" </dev/null || code=$?
  expect "code for $*" "$code" 2
  grep -qF -- "$says" "$work/log" || die "'$*' does not name '$says'"
  [ ! -e "$work/out" ] || die "'$*' left a folder"
  cmp -s "$work/r.db" "$work/before.db" || die "'$*' changed the database"
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
# In the row of an id that the text does not hold: no command takes the model.
cp "$models/llama2/model.safetensors" "$work/bad/"
python3 - "$work/bad/model.safetensors" <<'END'
import json, struct, sys
with open(sys.argv[1], "r+b") as file:
    size = struct.unpack("<Q", file.read(8))[0]
    entry = json.loads(file.read(size))["model.embed_tokens.weight"]
    file.seek(8 + size + entry["data_offsets"][0] + 4 * 32 * 63)
    file.write(struct.pack("<f", float("nan")))
END
seq -s ' ' 0 10 >"$work/few.txt"
refused "embed_tokens.weight': holds NaN or infinity in row 63 of 64" "$work/bad" --ids "$work/few.txt"
for command in "sample $work/bad --ids 1,2" "plan smoke train.init_checkpoint=$work/bad" "run smoke --name nan train.init_checkpoint=$work/bad"; do
  code=0
  # shellcheck disable=SC2086  # words of a command
  "$sinkmoe" --db "$work/none.db" $command >"$work/log" 2>&1 </dev/null || code=$?
  expect "code of $command" "$code" 2
  grep -q "holds NaN or infinity in row 63 of 64" "$work/log" || die "'$command' does not name the row"
  [ ! -e "$work/none.db" ] || die "'$command' left a database"
done
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
refused "--context is for texts: the rows of --ids are taken as they are" "$models/llama2" --ids "$work/few.txt" --context 4

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
"$sinkmoe" --db "$work/r.db" heads "$work/bad" "$work/ab.txt" --context 8 --out "$work/out" >"$work/table" 2>"$work/log" || die "a text is refused"
grep -q "bits per byte" "$work/table" || die "no bits per byte"

# A run starts from the same model: adapters on text with the model's tokenizer, given back as files of peft.
mkdir "$work/texts"
for i in 1 2 3 4; do
  awk -v x="$i" 'BEGIN { for (i = 0; i < 400; ++i) { x = (x * 16807) % 2147483647; printf "%s", (x > 1073741824 ? "a" : "b") } }' >"$work/texts/$i.txt"
done
printf '%s' '{"added_tokens": [{"id": 2, "content": "<s>", "special": true}], "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
  "model": {"type": "BPE", "vocab": {"a": 0, "b": 1}, "merges": []}}' >"$work/bad/tokenizer.json"
printf '%s' '{"bos_token": "<s>"}' >"$work/bad/tokenizer_config.json"
"$sinkmoe" data import "$work/texts" --out "$work/set" --tokenizer-json "$work/bad" --valid-fraction 0.25 >"$work/log" 2>&1 || die "import"
# start SET [MODEL]
start() {
  "$sinkmoe" --db "$work/run.db" run smoke --name "real_$1${2:+_on}" data.source=text "data.path=$work/$1" data.context=16 "train.init_checkpoint=${2:-$work/bad}" \
    train.lora_rank=2 train.lora_form=peft train.steps=6 train.batch=4 attention.kind=vanilla balance.weight=0.01 train.seed=0 >"$work/log" 2>&1 </dev/null
}
start set || die "a run from a checkpoint"
expect "shape of the model and numbers that train" "$(number "$work/run.db" "SELECT model_width || ' ' || CAST(model_trained AS INTEGER) FROM run_wide")" "32 1024"
run="$(number "$work/run.db" "SELECT run_id FROM run WHERE status = 'done'")"
expect "files of the run" "$(cd "$work/run.runs/$run" && echo *.json *.safetensors)" "adapter_config.json adapter_model.safetensors"
number "$work/run.db" "SELECT text FROM event WHERE kind = 'balance loss'" | grep -q "weight 0.01 x sum" || die "the balance loss is not stated"
"$sinkmoe" --db "$work/run.db" export model "$run" --out "$work/adapters" >"$work/log" 2>&1 || die "export of adapters"
cmp -s "$work/adapters/adapter_model.safetensors" "$work/run.runs/$run/adapter_model.safetensors" || die "other adapters are exported"
"$sinkmoe" --db "$work/run.db" sample "$run" abba --tokens 4 >"$work/table" 2>"$work/log" || die "sample of a run with adapters"
grep -q '^abba' "$work/table" || die "no continuation of a run with adapters"
grep -q "the row is BOS (id 2) and the 4 tokens given" "$work/log" || die "sample does not say that BOS stands before the text"
"$sinkmoe" sample "$work/bad" abba --tokens 4 >"$work/table" 2>"$work/log" || die "sample of a folder"
grep -q "the row is the 4 tokens given, without BOS" "$work/log" || die "sample does not say that there is no BOS"
expect "sample without a tokenizer" "$("$sinkmoe" --json sample "$models/llama2" --ids 1,2,3 --tokens 5 2>/dev/null |
  python3 -c 'import json, sys; r = json.load(sys.stdin); print(r["bos"], r["given"], len(r["added"]))')" "None [1, 2, 3] 5"
! "$sinkmoe" sample "$models/llama2" abba >"$work/log" 2>&1 || die "a text without a tokenizer is taken"
grep -qF -- "--ids" "$work/log" || die "sample does not offer ids"
"$sinkmoe" data import "$work/texts" --out "$work/bytes" --tokenizer bytes --valid-fraction 0.25 >"$work/log" 2>&1 || die "import"
# The adapters as a folder: the same model as the run, by a PEFT folder that names its model; training goes on with them.
"$sinkmoe" --db "$work/run.db" --json sample "$run" abba --bos no --tokens 4 >"$work/by_run" 2>"$work/log" || die "sample of a run with adapters"
"$sinkmoe" --json sample "$work/adapters" abba --bos no --tokens 4 >"$work/by_folder" 2>"$work/log" || die "sample of adapters"
python3 - "$work/by_run" "$work/by_folder" <<'END' || die "the exported adapters are another model"
import json, sys
run, folder = (json.load(open(path)) for path in sys.argv[1:])
assert run["added"] == folder["added"], (run, folder)
assert max(abs(a - b) for a, b in zip(run["log_probability"], folder["log_probability"])) < 1e-4
END
"$sinkmoe" --db "$work/r.db" heads "$work/bad" --adapter "$work/adapters" --ids "$work/few.txt" --out "$work/out" >"$work/table" 2>"$work/log" || die "heads with adapters"
expect "label of a model with adapters" "$(number "$work/r.db" "SELECT count(*) FROM experiment_wide WHERE label LIKE 'model=bad+adapters %'")" 1
start set "$work/adapters" || die "a run from adapters"
expect "runs after training went on" "$(number "$work/run.db" "SELECT count(DISTINCT train_init_hash) || ' of ' || count(*) FROM run_wide WHERE status = 'done'")" "2 of 2"
before="$(number "$work/run.db" "SELECT count(*) FROM run")"
code=0
start bytes || code=$?
expect "code for a text of another tokenizer" "$code" 2
grep -q "the text was not imported with the tokenizer of the checkpoint.*tokenizer-json" "$work/log" || die "the message does not say how to import"
expect "runs after a refusal" "$(number "$work/run.db" "SELECT count(*) FROM run")" "$before"
echo "heads: ok"
