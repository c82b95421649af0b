#!/usr/bin/env bash
# A folder of text: import, import again, one short run on it, bits per byte in the database.
# Cost: 200 KB of generated text, 1 run of 20 steps. Time: 30 s.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
with_torch
db="$work/results.db"

# Words of a fixed list in a fixed pseudo-random order: enough text for a tokenizer, and free of copyright.
mkdir "$work/texts"
for file in 1 2 3 4; do
  awk -v seed="$file" 'BEGIN {
    n = split("the a sea wind ship and stone over under light dark runs falls slowly again while rain keeps on the hill", w, " ")
    x = seed
    for (i = 0; i < 9000; ++i) { x = (x * 16807) % 2147483647; printf "%s%s", w[int(x / 65536) % n + 1], i % 12 == 11 ? ".\n" : " " }
  }' >"$work/texts/$file.txt"
done

"$sinkmoe" data import "$work/texts" --out "$work/set" --vocab 400 --valid-fraction 0.25 >"$work/log" 2>&1 || die "import"
hash="$(cat "$work"/set/*.tokens | sha256sum)"
"$sinkmoe" data import "$work/texts" --out "$work/set" --vocab 400 --valid-fraction 0.25 >"$work/log" 2>&1 || die "the second import"
expect "token files of the second import" "$(cat "$work"/set/*.tokens | sha256sum)" "$hash"

"$sinkmoe" --db "$db" run text_small "data.path=$work/set" attention.kind=sink balance.weight=0.01 train.seed=0 \
  model=tiny train.steps=20 train.batch=4 data.context=64 eval.final_tokens=2000 eval.tokens=1000 >"$work/log" 2>&1 \
  </dev/null || die "run"
expect "runs with bits per byte" "$(number "$db" "select count(*) from run_wide where eval_bpb between 0.5 and 8")" 1

# The files of the held-out split one by one, and everything that the run read by name and hash.
"$sinkmoe" --db "$db" run text_small "data.path=$work/set" attention.kind=sink balance.weight=0.01 train.seed=0 \
  model=tiny train.steps=20 train.batch=4 data.context=64 data.text.files=whole eval.final_tokens=1000000 eval.tokens=1000 >"$work/log" 2>&1 </dev/null || die "whole files"
expect "held-out files with a loss" "$(number "$db" "select count(*) from v_final f join v_input i on i.run_id = f.run_id
  and i.part = 'valid file' and i.ordinal = f.head where f.name = 'file/loss' and i.rows = i.tokens / 64")" 1
expect "hash of the validation text" "$(number "$db" "select distinct sha256 from v_input where part = 'valid file'")" \
  "$(sha256sum "$work/texts/$(number "$db" "select distinct name from v_input where part = 'valid file'")" | cut -d' ' -f1)"
expect "tokenizers" "$(number "$db" "select distinct sha256 from v_input where part = 'tokenizer'")" \
  "$(sha256sum "$work/set/tokenizer.model" | cut -d' ' -f1)"

# The run, given to other programs and read again: the same tokens, probabilities and heads as the run itself.
run="$(number "$db" "SELECT run_id FROM run_wide ORDER BY run_id LIMIT 1")"
"$sinkmoe" --db "$db" export model "$run" --out "$work/model" >"$work/log" 2>&1 || die "export"
grep -q "tokenizer.json gives the ids of" "$work/log" || die "the export does not say which tokenizer is in the folder"
"$sinkmoe" --db "$db" --json sample "$run" "the sea and wind" --tokens 8 >"$work/by_run" 2>"$work/log" || die "sample of a run"
"$sinkmoe" --json sample "$work/model" "the sea and wind" --tokens 8 >"$work/by_folder" 2>"$work/log" || die "sample of an exported run"
python3 - "$work/by_run" "$work/by_folder" <<'END' || die "the exported model is another one"
import json, sys
run, folder = (json.load(open(path)) for path in sys.argv[1:])
assert run["bos"] == folder["bos"] == 1 and len(run["given"]) > 3, run
assert (run["given"], run["added"], run["text"]) == (folder["given"], folder["added"], folder["text"]), (run, folder)
assert max(abs(a - b) for a, b in zip(run["log_probability"], folder["log_probability"])) < 1e-4
END
"$sinkmoe" --db "$db" heads "$work/model" "$work/texts/1.txt" --context 64 --out "$work/page" >"$work/log" 2>&1 || die "heads of an exported run"
grep -q "position 0.*BOS (id 1)" "$work/page/heads.html" || die "the exported tokenizer does not put BOS first"
expect "variant of the measured run" "$(number "$db" "SELECT attention_kind FROM experiment_wide WHERE experiment = 'heads'")" sink

# A file that changed after the import is noticed, and nothing is trained on it.
printf 'x' | dd of="$work/set/train.tokens" bs=1 seek=5000 conv=notrunc status=none
code=0
"$sinkmoe" --db "$work/other.db" run text_small "data.path=$work/set" train.seed=0 >"$work/log" 2>&1 </dev/null || code=$?
[ "$code" != 0 ] || die "a damaged token file was trained on"
grep -qF train.tokens "$work/log" || die "the message does not name the damaged file"
