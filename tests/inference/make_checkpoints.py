#!/usr/bin/env python3
"""Writes a tiny random checkpoint of each family and what transformers computes from it.

make_checkpoints.py OUT [CASE...]   needs torch 2.11.0, transformers 5.24.0, safetensors

OUT/CASE/ gets config.json, the weights and expected.json: token ids of two rows, the loss of each predicted token, the
logits of the first row, and for each layer and head the mean of 1 - weight on the sink (token 0, or the learned sink;
positions 1 on; the mean of an explicit gate, if there is one) and the mean weight on token 0 (all positions). Weights are rounded to the stored type first; all
arithmetic is in fp32.
"""
import importlib.util
import json
import pathlib
import shutil
import sys
import tempfile

import safetensors.torch
import torch
import transformers

TOKENS = 13  # of a row; the last one is a target only
VOCABULARY = 64

SMALL = dict(
    vocab_size=VOCABULARY, hidden_size=32, intermediate_size=40, num_hidden_layers=2, num_attention_heads=4,
    num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2, pad_token_id=None)
LLAMA3 = {"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
          "high_freq_factor": 4.0, "original_max_position_embeddings": 16}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 16}

# name: (model type, settings, stored type, most bytes of a shard)
CASES = {
    "llama2": ("llama", dict(SMALL, num_key_value_heads=4), torch.float32, None),
    "llama3": ("llama", dict(SMALL, head_dim=16, rope_parameters=LLAMA3, attention_bias=True, mlp_bias=True),
               torch.bfloat16, None),
    "llama_tied": ("llama", dict(SMALL, tie_word_embeddings=True, rope_parameters=YARN), torch.float16, 12000),
    "mistral": ("mistral", dict(SMALL, sliding_window=5), torch.bfloat16, None),
    "qwen2": ("qwen2", dict(SMALL), torch.bfloat16, None),
    "qwen3": ("qwen3", dict(SMALL, head_dim=16), torch.bfloat16, None),
    "smollm3": ("smollm3", dict(SMALL, no_rope_layers=[1, 0]), torch.bfloat16, None),
    "olmo2": ("olmo2", dict(SMALL), torch.bfloat16, None),
    "gpt2": ("gpt2", dict(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=64, n_inner=40,
                          bos_token_id=1, eos_token_id=2), torch.bfloat16, None),
    "pythia": ("gpt_neox", dict(SMALL, num_key_value_heads=None, rotary_pct=0.25), torch.bfloat16, None),
    "neox_serial": ("gpt_neox", dict(SMALL, num_key_value_heads=None, rotary_pct=0.5, use_parallel_residual=False,
                                     attention_bias=False), torch.bfloat16, None),
    "gemma3": ("gemma3_text", dict(SMALL, head_dim=16, query_pre_attn_scalar=12, sliding_window=5,
                                   layer_types=["sliding_attention", "full_attention"]), torch.bfloat16, None),
    "gpt_oss": ("gpt_oss", dict(SMALL, head_dim=8, intermediate_size=32, num_local_experts=5, num_experts_per_tok=2,
                                sliding_window=5, swiglu_limit=1.5, rope_parameters=dict(YARN, truncate=False)),
                torch.bfloat16, None),
    # The same with the experts' matrices in blocks of 4-bit numbers.
    "gpt_oss_mxfp4": ("gpt_oss", dict(SMALL, head_dim=8, intermediate_size=32, num_local_experts=3,
                                      num_experts_per_tok=2, sliding_window=5, swiglu_limit=1.5),
                      torch.bfloat16, None),
    # Gemma 3 with a vision part, which is not read.
    "gemma3_vision": ("gemma3", dict(
        text_config=dict(SMALL, head_dim=16, query_pre_attn_scalar=16, sliding_window=5,
                         layer_types=["sliding_attention", "full_attention"]),
        vision_config=dict(hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=2, image_size=8,
                           patch_size=4), mm_tokens_per_image=4, image_token_id=63, boi_token_id=62, eoi_token_id=61),
                      torch.bfloat16, None),
    # Exported runs of our own, by the class that is exported with them.
    "sinkmoe_gated": ("sinkmoe", dict(SMALL, head_dim=8, hidden_act="relu2", positions="learned", attention_kind="gated",
                                      gate_form="elementwise", gated_bias=1.5, tie_word_embeddings=True),
                      torch.float32, None),
    "sinkmoe_heads": ("sinkmoe", dict(SMALL, head_dim=8, hidden_act="swiglu", positions="none", attention_kind="gated",
                                      qk_norm=True), torch.float32, None),
    "sinkmoe_sink": ("sinkmoe", dict(SMALL, head_dim=8, hidden_act="gelu", rotary_base=500.0, attention_kind="sink"),
                     torch.float32, None),
    # Linear attention in all layers but one, an elementwise gate in that one, experts with a shared one.
    "qwen3_next": ("qwen3_next", dict(
        SMALL, num_hidden_layers=4, head_dim=16, mlp_only_layers=[1],
        layer_types=["linear_attention", "linear_attention", "full_attention", "linear_attention"],
        linear_num_key_heads=2, linear_num_value_heads=4, linear_key_head_dim=8, linear_value_head_dim=6,
        num_experts=5, num_experts_per_tok=2, moe_intermediate_size=12, shared_expert_intermediate_size=20,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0, "partial_rotary_factor": 0.25}),
                   torch.bfloat16, None),
}


def register_own_class():
    """modeling_sinkmoe.py, as `sinkmoe export model` writes it."""
    source = pathlib.Path(__file__).resolve().parents[2] / "src/pretrained/export/modeling.cpp"
    text = source.read_text().split('R"python(')[1].split(')python"')[0]
    path = pathlib.Path(tempfile.mkdtemp()) / "modeling_sinkmoe.py"
    path.write_text(text)
    spec = importlib.util.spec_from_file_location("modeling_sinkmoe", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["modeling_sinkmoe"] = module
    spec.loader.exec_module(module)
    transformers.AutoConfig.register("sinkmoe", module.SinkmoeConfig)
    transformers.AutoModelForCausalLM.register(module.SinkmoeConfig, module.SinkmoeForCausalLM)
    return module


OWN = register_own_class()


def own_heads(model, ids):
    """Attention weights [L, B, H, T, T] and explicit gates (or None) of the exported class, which returns neither."""
    weights, gates = [], []

    def look(attention, arguments):
        x, positions, visible = arguments
        c = attention.c
        q, k = attention.heads(x, attention.q_proj), attention.heads(x, attention.k_proj)
        if c.qk_norm:
            q, k = attention.q_norm(q), attention.k_norm(k)
        if c.positions == "rotary":
            q, k = OWN.rotate(q, positions, c.rotary_base), OWN.rotate(k, positions, c.rotary_base)
        k = k.repeat_interleave(c.num_attention_heads // c.num_key_value_heads, 1)
        scores = (q @ k.transpose(-1, -2) / c.head_dim**0.5).masked_fill(~visible, float("-inf"))
        if c.attention_kind == "sink":
            sink = attention.sinks.view(1, -1, 1, 1).expand(*scores.shape[:3], 1)
            scores = torch.cat([scores, sink], -1)
        weights.append(scores.softmax(-1)[..., : x.shape[1]])
        if c.attention_kind == "gated":
            gate = torch.sigmoid(attention.g_proj(x)).unflatten(-1, (c.num_attention_heads, -1)).mean(-1)
            gates.append(gate.transpose(1, 2))

    hooks = [m.register_forward_pre_hook(look) for m in model.modules() if isinstance(m, OWN.Attention)]
    logits = model(ids).logits
    for hook in hooks:
        hook.remove()
    return logits, weights, torch.stack(gates) if gates else None


def watch_gates(model, gates):
    """Collects the explicit gates [B, H, T] of each attention layer that has them in its query matrix."""
    def look(attention, arguments, named):
        x = named["hidden_states"] if "hidden_states" in named else arguments[0]
        gate = attention.q_proj(x).unflatten(-1, (-1, 2, attention.head_dim))[..., 1, :]
        gates.append(torch.sigmoid(gate).mean(-1).transpose(1, 2))

    for module in model.modules():
        if type(module).__name__ == "Qwen3NextAttention":
            module.register_forward_pre_hook(look, with_kwargs=True)


def randomize(model, seed):
    """Every parameter away from its initial value, so that a forgotten one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if p.dim() == 1 and name.endswith("norm.weight") or ".ln_" in name and name.endswith("weight"):
                p.copy_(p + 0.3 * noise)
            elif p.dim() == 1:
                p.copy_(0.5 * noise)
            else:
                p.copy_(0.25 * noise)


FP4 = torch.tensor([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.0, -0.5, -1, -1.5, -2, -3, -4, -6])


def draw_blocks(model, seed):
    """Gives the experts' matrices random 4-bit numbers; returns the tensors of the published form."""
    generator = torch.Generator().manual_seed(seed)
    stored = {}
    for name, p in model.named_parameters():
        if not name.endswith(("experts.gate_up_proj", "experts.down_proj")):
            continue
        experts, inside, outside = p.shape
        groups = (experts, outside, inside // 32)
        blocks = torch.randint(0, 256, groups + (16,), generator=generator, dtype=torch.uint8)
        scales = torch.randint(122, 126, groups, generator=generator, dtype=torch.uint8)
        halves = torch.stack([blocks & 15, blocks >> 4], dim=-1).long()
        numbers = FP4[halves].reshape(groups + (32,)) * 2.0 ** (scales.float().unsqueeze(-1) - 127)
        with torch.no_grad():
            p.copy_(numbers.reshape(experts, outside, inside).transpose(1, 2))
        stored[name + "_blocks"], stored[name + "_scales"] = blocks, scales
    return stored


def store_blocks(folder, stored):
    path = folder / "model.safetensors"
    tensors = {k: v for k, v in safetensors.torch.load_file(path).items() if k + "_blocks" not in stored}
    safetensors.torch.save_file(tensors | stored, path, metadata={"format": "pt"})
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["quantization_config"] = {"quant_method": "mxfp4", "modules_to_not_convert": ["model.embed_tokens"]}
    path.write_text(json.dumps(config, indent=2) + "\n")


def older_form(folder):
    """config.json as transformers wrote it before version 5."""
    path = folder / "config.json"
    config = json.loads(path.read_text())
    rope = config.pop("rope_parameters")
    config["rope_theta"] = rope.pop("rope_theta")
    kind = rope.pop("rope_type")
    config["rope_scaling"] = None if kind == "default" else dict(rope, type=kind)
    config["torch_dtype"] = config.pop("dtype")
    path.write_text(json.dumps(config, indent=2) + "\n")


def expected(model, ids):
    gate = None
    with torch.no_grad():
        if isinstance(model, OWN.SinkmoeForCausalLM):
            logits, attentions, gate = own_heads(model, ids[:, :-1])
        else:
            gates = []
            watch_gates(model, gates)
            out = model(ids[:, :-1], output_attentions=True)
            logits, attentions = out.logits, [a for a in out.attentions if a is not None]
            gate = torch.stack(gates) if gates else None
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids[:, 1:], reduction="none")
    first = torch.stack([a[..., 0] for a in attentions])  # [L, B, H, T]
    # Where a learned sink takes part of the weight, it is the gate's sink; else token 0 is.
    learned = any(name.endswith("sinks") for name, _ in model.named_parameters())
    if gate is None:
        gate = torch.stack([a.sum(-1) for a in attentions]) if learned else 1 - first
    listed = lambda x: [float(f"{v:.8g}") for v in x.flatten().tolist()]
    return {
        "ids": ids.tolist(),
        "losses": listed(loss),
        "logits_of_first_row": listed(logits[0]),
        "importance": [listed(x) for x in gate[..., 1:].mean(dim=(1, 3))],
        "first_weight": [listed(x) for x in first.mean(dim=(1, 3))],
    }


def make(name, out, seed):
    kind, settings, dtype, shard = CASES[name]
    folder = out / name
    shutil.rmtree(folder, ignore_errors=True)
    config = transformers.AutoConfig.for_model(kind, **{k: v for k, v in settings.items() if v is not None or "token" in k})
    model = transformers.AutoModelForCausalLM.from_config(config)
    randomize(model, seed)
    stored = draw_blocks(model, seed) if name.endswith("mxfp4") else {}
    model.to(dtype).save_pretrained(folder, max_shard_size=shard or "5GB")
    for extra in folder.glob("generation_config.json"):
        extra.unlink()
    model = transformers.AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager").eval()
    ids = torch.randint(0, VOCABULARY, (2, TOKENS), generator=torch.Generator().manual_seed(seed + 1000))
    (folder / "expected.json").write_text(json.dumps(expected(model, ids)) + "\n")
    if stored:
        store_blocks(folder, stored)
    if name in ("llama2", "llama_tied"):
        older_form(folder)
    print(name, sum(f.stat().st_size for f in folder.iterdir()), "bytes")


def main():
    out = pathlib.Path(sys.argv[1])
    for i, name in enumerate(CASES):
        if len(sys.argv) == 2 or name in sys.argv[2:]:
            make(name, out, seed=i)


if __name__ == "__main__":
    main()
