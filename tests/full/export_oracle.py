#!/usr/bin/env python3
"""Trains small models, exports them, and compares transformers and peft with the trained model.

export_oracle.py PROGRAM   needs torch, transformers and peft

The logits that a folder must give are those of tests/model/rebuild_model.py, which knows only docs/weights_format.md.
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
LLAMA = ROOT / "tests/inference/checkpoints/llama2"
TOLERANCE = 2e-4
IDS = [63, 4, 17, 2, 2, 40, 9, 31]

SWIGLU = ["model.mlp=swiglu"]
CASES = {
    "llama": SWIGLU + ["attention.kind=vanilla"],
    "llama, grouped, tied": SWIGLU + ["attention.kind=vanilla", "model.kv_heads=2", "model.tie_embeddings=true"],
    "qwen3": SWIGLU + ["attention.kind=vanilla", "model.qk_norm=true", "model.kv_heads=2"],
    "gelu, learned positions": ["attention.kind=vanilla", "model.positions=learned", "model.tie_embeddings=true"],
    "sink": ["attention.kind=sink", "model.mlp=relu2"],
    "gated": SWIGLU + ["attention.kind=gated", "model.kv_heads=1", "model.positions=none"],
    "gated, elementwise, bias": ["attention.kind=gated", "attention.gated.form=elementwise", "attention.gated.bias=1.5"],
}


class Program:
    def __init__(self, path, folder):
        self.path, self.db = path, folder / "r.db"

    def __call__(self, *arguments):
        done = subprocess.run([self.path, "--db", self.db, *arguments], cwd=ROOT, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL)
        assert done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def run(self, name, *overrides):
        kind = [] if any(o.startswith("attention.kind=") for o in overrides) else ["attention.kind=vanilla"]
        self("run", "smoke", "--name", name, "train.seed=0", "balance.weight=0", *kind, *overrides)
        rows = json.loads(self("--json", "query", f"SELECT run_id FROM experiment_wide WHERE experiment = '{name}'"))
        rows = rows["rows"] if isinstance(rows, dict) else rows
        return list(rows[0].values())[0] if isinstance(rows[0], dict) else rows[0][0]


def rebuilt_logits(weights):
    text = subprocess.run([sys.executable, ROOT / "tests/model/rebuild_model.py", weights, *map(str, IDS)],
                          text=True, capture_output=True, check=True).stdout
    return torch.tensor([[float(x) for x in line.split()] for line in text.splitlines()])


def greedy(model, ids, tokens):
    """Ids and their log-probabilities, one row at a time."""
    ids, log_probability = list(ids), []
    for _ in range(tokens):
        logits = model(input_ids=torch.tensor([ids])).logits[0, -1].float().log_softmax(-1)
        ids.append(int(logits.argmax()))
        log_probability.append(float(logits[ids[-1]]))
    return ids, log_probability


def check(name, program, run, model, wanted, failures):
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([IDS])).logits[0].float()
        ids, log_probability = greedy(model, IDS, 12)
    largest = float((logits - wanted).abs().max()) if wanted is not None else 0.0
    ours = json.loads(program("--json", "sample", run, " ".join(map(str, IDS)), "--tokens", "12"))
    difference = max(abs(a - b) for a, b in zip(ours["log_probability"], log_probability))
    same = ids == ours["given"] + ours["added"]
    good = largest < TOLERANCE and difference < TOLERANCE and same
    print(f"{name}: {type(model).__name__}, logits {largest:.1e}, probabilities {difference:.1e}, "
          f"continuation {'equal' if same else 'DIFFERENT'}", flush=True)
    if not good:
        failures.append(name)


TEXTS = ["", " ", "  a  b ", "\n\n x\n", "the sea  and\twind", "naïve café 日本 語 😀", "aaaa aaaaa\n\n\nab  ab", "x\0y", "<0x0A> 1/2"]


def made_up(seed, words):
    syllables, x, text = "ka lo mi ter an so ul ben rin e tha qu".split(), seed, ""
    for _ in range(words):
        x = x * 16807 % 2147483647
        text += "".join(syllables[(x >> 3 * i) % 12] for i in range(1 + x % 3)) + (".\n\n" if x % 19 == 0 else " ")
    return text


def check_tokenizer(name, program, folder, tokenizer, failures):
    """A run on text: ids of transformers with the exported tokenizer.json against those of the run's own tokenizer."""
    texts, data = folder / "texts", folder / f"set-{name}"
    texts.mkdir(exist_ok=True)
    for i in range(4):
        (texts / f"{i}.txt").write_text(made_up(i + 1, 6000) + "naïve café 日本\n")
    program("data", "import", texts, "--out", data, "--valid-fraction", "0.25", *tokenizer)
    run, out = program.run(f"text-{name}", "data.source=text", f"data.path={data}", "train.steps=2"), folder / f"text-{name}"
    program("export", "model", run, "--out", out)
    theirs, different = transformers.AutoTokenizer.from_pretrained(out, trust_remote_code=True), []
    for text in TEXTS + [made_up(99, 40)]:
        if "\0" in text:
            continue  # no argument of a program
        ours = json.loads(program("--json", "sample", run, text, "--tokens", "1"))
        if theirs(text)["input_ids"] != [ours["bos"]] + ours["given"] or theirs.decode(ours["given"]) != text:
            different.append(text)
    print(f"{name} tokenizer: {len(theirs)} ids, {len(TEXTS)} texts, {len(different)} with other ids", flush=True)
    if different:
        failures.append(f"{name} tokenizer: {different}")


def main():
    folder = pathlib.Path(tempfile.mkdtemp(prefix="sinkmoe-export-"))
    program, failures = Program(sys.argv[1], folder), []
    for number, (name, overrides) in enumerate(CASES.items()):
        run, out = program.run(f"case{number}", *overrides), folder / f"out{number}"
        program("export", "model", run, "--out", out)
        model = transformers.AutoModelForCausalLM.from_pretrained(out, trust_remote_code=True).eval()
        weights = folder / "r.runs" / run / "model.safetensors"
        check(name, program, run, model, rebuilt_logits(weights), failures)
    import peft
    run = program.run("adapters", f"train.init_checkpoint={LLAMA}", "train.lora_rank=4", "train.lora_form=peft",
                      "train.lr=0.02")
    program("export", "model", run, "--out", folder / "adapters")
    base = transformers.AutoModelForCausalLM.from_pretrained(LLAMA)
    before = base(input_ids=torch.tensor([IDS])).logits.detach().clone()
    model = peft.PeftModel.from_pretrained(base, folder / "adapters").eval()
    change = float((model(input_ids=torch.tensor([IDS])).logits - before).abs().max())
    print(f"peft: the adapters change the logits by up to {change:.2f}")
    check("peft", program, run, model, None, failures)
    if change < 0.01:
        failures.append("adapters without an effect")
    check_tokenizer("bpe", program, folder, ["--vocab", "400"], failures)
    check_tokenizer("bytes", program, folder, ["--tokenizer", "bytes"], failures)
    shutil.rmtree(folder)
    if failures:
        sys.exit("FAILED: " + ", ".join(failures))


if __name__ == "__main__":
    main()
