#!/usr/bin/env python3
"""Turns a GGUF file of the LLaMA family into a Hugging Face folder (config.json, model.safetensors, tokenizer.json,
tokenizer_config.json).

gguf_to_folder.py MODEL.gguf OUT   needs the packages gguf and numpy

Weights are written in F32, which holds every number of a quantized file exactly. GGUF stores the rows of queries and keys
for rotary pairs (2i, 2i + 1); they are reordered for pairs (i, i + K/2).
"""
import json
import pathlib
import sys

import gguf
import numpy

LAYER = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj"}
ENDS = {"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight",
        "output.weight": "lm_head.weight"}
# How texts are split before byte-pair encoding, by GGUF's name for the method.
CUTS = {"smollm": [{"type": "Digits", "individual_digits": True},
                   {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}]}


def name_of(name):
    if name in ENDS:
        return ENDS[name]
    _, layer, kind, end = name.split(".")
    return f"model.layers.{layer}.{LAYER[kind]}.{end}"


def half_split(weight, heads):
    rows, columns = weight.shape
    pairs = weight.reshape(heads, rows // heads // 2, 2, columns)
    return numpy.ascontiguousarray(pairs.swapaxes(1, 2)).reshape(rows, columns)


def config_of(field, tied):
    heads = field("llama.attention.head_count")
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama",
        "vocab_size": field("llama.vocab_size"), "hidden_size": field("llama.embedding_length"),
        "intermediate_size": field("llama.feed_forward_length"), "num_hidden_layers": field("llama.block_count"),
        "num_attention_heads": heads, "num_key_value_heads": field("llama.attention.head_count_kv"),
        "head_dim": field("llama.rope.dimension_count"), "hidden_act": "silu",
        "max_position_embeddings": field("llama.context_length"),
        "rms_norm_eps": float(f"{field('llama.attention.layer_norm_rms_epsilon'):.6g}"),
        "rope_parameters": {"rope_type": "default", "rope_theta": field("llama.rope.freq_base")},
        "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": tied, "dtype": "float32",
        "bos_token_id": field("tokenizer.ggml.bos_token_id"), "eos_token_id": field("tokenizer.ggml.eos_token_id"),
        "pad_token_id": field("tokenizer.ggml.padding_token_id")}


def tokenizer_of(field):
    tokens, types = field("tokenizer.ggml.tokens"), field("tokenizer.ggml.token_type")
    added = [{"id": i, "content": token, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
              "special": True}
             for i, (token, kind) in enumerate(zip(tokens, types)) if kind == gguf.TokenType.CONTROL]
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
             "vocab": {token: i for i, token in enumerate(tokens)}, "merges": field("tokenizer.ggml.merges")}
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None,
            "pre_tokenizer": {"type": "Sequence", "pretokenizers": CUTS[field("tokenizer.ggml.pre")]},
            "post_processor": dict(byte_level), "decoder": dict(byte_level), "model": model}


def write_safetensors(path, tensors):
    header, at = {}, 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [at, at + tensor.nbytes]}
        at += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for tensor in tensors.values():
            file.write(tensor.tobytes())


def main():
    source, out = sys.argv[1], pathlib.Path(sys.argv[2])
    reader = gguf.GGUFReader(source)
    field = lambda name: reader.fields[name].contents()
    heads = {"attn_q": field("llama.attention.head_count"), "attn_k": field("llama.attention.head_count_kv")}
    tensors = {}
    for t in reader.tensors:
        value = gguf.quants.dequantize(t.data, t.tensor_type).astype(numpy.float32)
        kind = t.name.split(".")[-2]
        tensors[name_of(t.name)] = half_split(value, heads[kind]) if kind in heads else value
    out.mkdir(parents=True, exist_ok=True)
    write_safetensors(out / "model.safetensors", tensors)
    (out / "config.json").write_text(json.dumps(config_of(field, "lm_head.weight" not in tensors), indent=2) + "\n")
    tokens = field("tokenizer.ggml.tokens")
    special = {name: tokens[field(f"tokenizer.ggml.{name[:3]}_token_id")] for name in ("bos_token", "eos_token")}
    (out / "tokenizer_config.json").write_text(json.dumps(special) + "\n")
    (out / "tokenizer.json").write_text(json.dumps(tokenizer_of(field), ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
