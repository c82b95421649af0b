#!/usr/bin/env python3
"""Rebuilds a decoder from its two files, following docs/weights_format.md and nothing else, and prints logits.

rebuild_model.py MODEL.safetensors ID...   one line of logits for each token id. Plain Python: slow, small models only.
"""
import json
import math
import pathlib
import struct
import sys


def read_tensors(path):
    raw = pathlib.Path(path).read_bytes()
    (size,) = struct.unpack_from("<Q", raw)
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        assert entry["dtype"] == "F32", name
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        flat = struct.unpack(f"<{(end - begin) // 4}f", raw[begin:end])
        shape = entry["shape"]
        if len(shape) == 1:
            tensors[name] = list(flat)
        else:
            tensors[name] = [list(flat[r * shape[1] : (r + 1) * shape[1]]) for r in range(shape[0])]
    return tensors


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def linear(x, w):
    return [dot(x, row) for row in w]


def sigmoid(u):
    return 1 / (1 + math.exp(-u))


class Model:
    def __init__(self, path):
        self.tensors = read_tensors(path)
        self.c = json.loads(pathlib.Path(path).with_suffix(".json").read_text())

    def __getitem__(self, name):
        return self.tensors[name + ".weight"]

    def norm(self, x, w):
        scale = 1 / math.sqrt(sum(u * u for u in x) / len(x) + self.c["rms_norm_eps"])
        return [u * scale * g for u, g in zip(x, w)]

    def rotate(self, x, t):
        K, half, out = len(x), len(x) // 2, list(x)
        for i in range(half):
            a = t * self.c["rope_theta"] ** (-2 * i / K)
            u, w = x[i], x[i + half]
            out[i], out[i + half] = u * math.cos(a) - w * math.sin(a), w * math.cos(a) + u * math.sin(a)
        return out

    def heads(self, y, t, prefix, which):
        flat, K = linear(y, self[prefix + which + "_proj"]), self.c["head_dim"]
        heads = [flat[i : i + K] for i in range(0, len(flat), K)]
        if which != "v" and self.c["qk_norm"]:
            heads = [self.norm(h, self[prefix + which + "_norm"]) for h in heads]
        if which != "v" and self.c["positions"] == "rotary":
            heads = [self.rotate(h, t) for h in heads]
        return heads

    def mix(self, h, y, scores, values, prefix):
        """Output of head h at one position."""
        kind, top = self.c["attention_kind"], max(scores)
        weights = [math.exp(s - top) for s in scores]
        total = sum(weights)
        if kind == "sink":
            total += math.exp(self.tensors[prefix + "sinks"][h] - top)
        out = [dot(weights, column) / total for column in zip(*values)]
        if kind != "gated":
            return out
        gate, K = self[prefix + "g_proj"], self.c["head_dim"]
        bias = self.tensors.get(prefix + "g_proj.bias", [0] * len(gate))
        if self.c["gate_form"] == "headwise":
            return [sigmoid(dot(y, gate[h]) + bias[h]) * u for u in out]
        return [sigmoid(dot(y, gate[h * K + c]) + bias[h * K + c]) * u for c, u in enumerate(out)]

    def attention(self, xs, layer):
        prefix, c = layer + "self_attn.", self.c
        ys = [self.norm(x, self[layer + "input_layernorm"]) for x in xs]
        q, k, v = ([self.heads(y, t, prefix, w) for t, y in enumerate(ys)] for w in "qkv")
        group = c["num_attention_heads"] // c["num_key_value_heads"]
        out = []
        for t, y in enumerate(ys):
            joined = []
            for h in range(c["num_attention_heads"]):
                keys = [k[j][h // group] for j in range(t + 1)]
                values = [v[j][h // group] for j in range(t + 1)]
                scores = [dot(q[t][h], key) / math.sqrt(c["head_dim"]) for key in keys]
                joined += self.mix(h, y, scores, values, prefix)
            out.append([a + b for a, b in zip(xs[t], linear(joined, self[prefix + "o_proj"]))])
        return out

    def feed_forward(self, x, layer):
        z, kind = self.norm(x, self[layer + "post_attention_layernorm"]), self.c["hidden_act"]
        up = linear(z, self[layer + "mlp.up_proj"])
        if kind == "gelu":
            m = [0.5 * u * (1 + math.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3))) for u in up]
        elif kind == "relu2":
            m = [max(u, 0) ** 2 for u in up]
        else:
            gate = linear(z, self[layer + "mlp.gate_proj"])
            m = [g * sigmoid(g) * u for g, u in zip(gate, up)]
        return [a + b for a, b in zip(x, linear(m, self[layer + "mlp.down_proj"]))]

    def logits(self, ids):
        xs = [list(self["model.embed_tokens"][i]) for i in ids]
        if self.c["positions"] == "learned":
            xs = [[a + b for a, b in zip(x, p)] for x, p in zip(xs, self["model.embed_positions"])]
        for n in range(self.c["num_hidden_layers"]):
            layer = f"model.layers.{n}."
            xs = [self.feed_forward(x, layer) for x in self.attention(xs, layer)]
        out = self["model.embed_tokens" if self.c["tie_word_embeddings"] else "lm_head"]
        return [linear(self.norm(x, self["model.norm"]), out) for x in xs]


if __name__ == "__main__":
    for row in Model(sys.argv[1]).logits([int(i) for i in sys.argv[2:]]):
        print(*(f"{u:.9g}" for u in row))
