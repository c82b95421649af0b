#!/usr/bin/env python3
"""Writes adapters of the tiny checkpoints and what peft and transformers compute with them.

make_adapters.py CHECKPOINTS OUT   needs torch 2.11.0, transformers 5.24.0, peft 0.21.0

OUT/CASE/ gets adapter_config.json, adapter_model.safetensors and expected.json (as make_checkpoints.py has it: token ids of two
rows, the loss of each predicted token, the logits of the first row).
"""
import json
import os
import pathlib
import shutil
import sys

import peft
import torch
import transformers

# case: (checkpoint, settings of peft, stored type)
CASES = {
    "llama2_qkvo": ("llama2", dict(r=3, lora_alpha=6, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
                    torch.float32),
    "llama3_mlp": ("llama3", dict(r=2, lora_alpha=5, use_rslora=True, target_modules=["q_proj", "v_proj", "down_proj"],
                                  layers_to_transform=[1]), torch.bfloat16),
    # q, k and v in one transposed matrix.
    "gpt2_fused": ("gpt2", dict(r=2, lora_alpha=4, fan_in_fan_out=True, target_modules=["c_attn", "c_proj"]),
                   torch.float16),
}


def make(name, checkpoints, out, seed):
    base, settings, dtype = CASES[name]
    model = transformers.AutoModelForCausalLM.from_pretrained(
        checkpoints / base, dtype=torch.float32, attn_implementation="eager").eval()
    model = peft.get_peft_model(model, peft.LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.05, **settings)).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                noise = 0.25 * torch.randn(parameter.shape, generator=generator)
                parameter.copy_(noise.to(dtype).float())
    ids = torch.tensor(json.loads((checkpoints / base / "expected.json").read_text())["ids"])
    with torch.no_grad():
        logits = model(input_ids=ids[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    model.to(dtype).save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = os.path.relpath(checkpoints / base, folder)
    config["target_modules"] = sorted(config["target_modules"])
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    listed = lambda x: [float(f"{v:.8g}") for v in x.flatten().tolist()]
    (folder / "expected.json").write_text(json.dumps(
        {"ids": ids.tolist(), "losses": listed(loss), "logits_of_first_row": listed(logits[0])}) + "\n")


def main():
    for i, name in enumerate(CASES):
        make(name, pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve(), seed=i)


if __name__ == "__main__":
    main()
