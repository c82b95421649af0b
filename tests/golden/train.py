#!/usr/bin/env python3
"""Repeats a short training in fp64 with plain PyTorch, from docs/weights_format.md and docs/training.md and nothing else.

train.py FOLDER   FOLDER holds what `SINKMOE_GOLDEN=FOLDER test_train --gtest_filter=*Golden*` writes for each variant:
KIND.safetensors (initial weights), KIND.rows (int32: 24 x 8 training rows, then 32 evaluation rows, 17 ids each).
Prints the numbers that tests/train/golden_test.cpp holds. Needs PyPI's torch and numpy.
"""
import json
import math
import pathlib
import sys

import numpy
import torch

STEPS, ROWS, T, EVAL_ROWS = 24, 8, 16, 32
LAYERS, HEADS, WIDTH = 2, 2, 16
LR, WARMUP, DECAY, CLIP, WEIGHT_DECAY, BETAS, EPS = 8e-3, 4, 0.2, 1.0, 0.1, (0.9, 0.95), 1e-8
BALANCE = 0.05


def read_weights(path):
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    header.pop("__metadata__", None)
    weights = {}
    for name, entry in header.items():
        begin, end = (8 + size + offset for offset in entry["data_offsets"])
        data = numpy.frombuffer(raw[begin:end], "<f4").astype(numpy.float64).reshape(entry["shape"])
        weights[name] = torch.tensor(data, requires_grad=True)
    return weights


def norm(x, w):
    return x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-5) * w


def rotate(x):  # [B, H, T, K]
    half = x.shape[-1] // 2
    i = torch.arange(half, dtype=torch.float64)
    angle = torch.arange(x.shape[2], dtype=torch.float64)[:, None] * 10000.0 ** (-2 * i / x.shape[-1])
    u, w = x[..., :half], x[..., half:]
    return torch.cat([u * angle.cos() - w * angle.sin(), w * angle.cos() + u * angle.sin()], -1)


def attention(kind, w, prefix, y):
    """Head outputs [B, H, T, K], gates and weights on token 0, both [B, H, T]."""
    B, length, _ = y.shape
    split = lambda x: x.view(B, length, HEADS, -1).transpose(1, 2)
    q, k, v = (split(y @ w[f"{prefix}{n}_proj.weight"].T) for n in "qkv")
    q, k = rotate(q), rotate(k)
    score = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
    score = score.masked_fill(torch.ones(length, length).triu(1).bool(), -math.inf)
    if kind == "sink":
        sink = w[f"{prefix}sinks"].view(1, HEADS, 1, 1).expand(B, HEADS, length, 1)
        joint = torch.cat([score, sink], -1).softmax(-1)
        weight, gate = joint[..., :-1], 1 - joint[..., -1]
        return weight @ v, gate, weight[..., 0]
    weight = score.softmax(-1)
    if kind == "vanilla":
        return weight @ v, 1 - weight[..., 0], weight[..., 0]
    gate = torch.sigmoid(y @ w[f"{prefix}g_proj.weight"].T).transpose(1, 2)
    return (weight @ v) * gate[..., None], gate, weight[..., 0]


def forward(kind, w, ids):
    x, gates, first = w["model.embed_tokens.weight"][ids], [], []
    for layer in range(LAYERS):
        p = f"model.layers.{layer}."
        out, gate, weight0 = attention(kind, w, p + "self_attn.", norm(x, w[p + "input_layernorm.weight"]))
        gates.append(gate)
        first.append(weight0)
        x = x + out.transpose(1, 2).reshape(x.shape) @ w[p + "self_attn.o_proj.weight"].T
        u = norm(x, w[p + "post_attention_layernorm.weight"]) @ w[p + "mlp.up_proj.weight"].T
        m = 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) * (u + 0.044715 * u**3)))
        x = x + m @ w[p + "mlp.down_proj.weight"].T
    return norm(x, w["model.norm.weight"]) @ w["lm_head.weight"].T, gates, first


def importance(gate):  # row position 0 is left out
    return gate[:, :, 1:].mean((0, 2))


def balance_loss(gates):  # heads times squared coefficient of variation, summed over layers
    total = 0
    for gate in gates:
        i = importance(gate)
        total = total + HEADS * ((i - i.mean()) ** 2).mean() / i.mean() ** 2
    return total


def losses(kind, w, rows):
    logits, gates, first = forward(kind, w, rows[:, :-1])
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), rows[:, 1:].reshape(-1))
    return loss, balance_loss(gates), gates, first


def rate(step):
    factor = (step + 1) / WARMUP if step < WARMUP else 1
    return LR * min(factor, (STEPS - step) / (DECAY * STEPS))


def train(kind, folder):
    w = read_weights(folder / f"{kind}.safetensors")
    rows = numpy.fromfile(folder / f"{kind}.rows", "<i4").astype(numpy.int64).reshape(-1, T + 1)
    rows = torch.tensor(rows)
    moments = {name: (torch.zeros_like(p), torch.zeros_like(p)) for name, p in w.items()}
    log = {}
    for step in range(STEPS):
        loss, balance, _, _ = losses(kind, w, rows[step * ROWS : (step + 1) * ROWS])
        log[step + 1] = (loss.item(), balance.item())
        gradients = dict(zip(w, torch.autograd.grad(loss + BALANCE * balance, list(w.values()))))
        size = math.sqrt(sum((g * g).sum().item() for g in gradients.values()))
        with torch.no_grad():
            for name, p in w.items():
                g = gradients[name] * min(1.0, CLIP / size)
                m, v = moments[name]
                m.mul_(BETAS[0]).add_(g, alpha=1 - BETAS[0])
                v.mul_(BETAS[1]).add_(g * g, alpha=1 - BETAS[1])
                if p.dim() == 2:
                    p.mul_(1 - rate(step) * WEIGHT_DECAY)
                t = step + 1
                p.sub_(rate(step) * (m / (1 - BETAS[0] ** t)) / ((v / (1 - BETAS[1] ** t)).sqrt() + EPS))
    with torch.no_grad():
        loss, _, gates, first = losses(kind, w, rows[STEPS * ROWS :])
    cv = [(importance(g).std(unbiased=False) / importance(g).mean()).item() for g in gates]
    weights = torch.stack([f.mean((0, 2)) for f in first])
    return {
        "first": log[1], "last": log[STEPS], "eval_loss": loss.item(), "cv": cv, "imbalance": sum(cv) / LAYERS,
        "first_weight": weights.flatten().tolist(),
    }


for kind in ("vanilla", "sink", "gated"):
    r = train(kind, pathlib.Path(sys.argv[1]))
    numbers = [*r["first"], *r["last"], r["eval_loss"], *r["cv"], r["imbalance"], *r["first_weight"]]
    print(f'{{"{kind}", {", ".join(f"{x:.10g}" for x in numbers)}}},')
