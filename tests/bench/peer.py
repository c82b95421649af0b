#!/usr/bin/env python3
"""The peer of the speed benchmark: the same model in PyTorch eager, written as its users write it.

vanilla without a balance loss runs on F.scaled_dot_product_attention; everything that needs gates (sink, gated, or a
balance weight) uses explicit attention, because SDPA returns no gate. The protocol is step_bench.cpp's: after a warm-up
a JSON line says "ready"; each line on stdin asks for one round of steps, answered by a JSON line.
"""
import argparse
import json
import resource
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def rotary(x, cos, sin):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cos - b * sin, b * cos + a * sin), dim=-1)


class Attention(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.o, self.heads, self.kind = o, o.heads, o.kind
        self.qkv = nn.Linear(o.width, 3 * o.width, bias=False)
        self.out = nn.Linear(o.width, o.width, bias=False)
        if o.kind == "sink":
            self.sinks = nn.Parameter(torch.zeros(o.heads))
        if o.kind == "gated":
            self.gate = nn.Linear(o.width, o.heads, bias=False)

    def forward(self, x, cos, sin, mask):
        B, T, C = x.shape
        q, k, v = self.qkv(x).view(B, T, 3, self.heads, C // self.heads).permute(2, 0, 3, 1, 4)
        q, k = rotary(q, cos, sin), rotary(k, cos, sin)
        gate = None
        if self.kind == "vanilla" and not self.o.weight:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = (q @ k.transpose(-2, -1)) * q.shape[-1] ** -0.5 + mask
            if self.kind == "sink":
                column = self.sinks.view(1, -1, 1, 1).expand(B, -1, T, 1)
                weights = torch.softmax(torch.cat((scores, column), -1), -1)
                gate, weights = 1 - weights[..., -1], weights[..., :-1]
            else:
                weights = torch.softmax(scores, -1)
                gate = 1 - weights[..., 0]
            y = weights @ v
            if self.kind == "gated":
                gate = torch.sigmoid(self.gate(x)).transpose(1, 2)
                y = y * gate.unsqueeze(-1)
        return self.out(y.transpose(1, 2).reshape(B, T, C)), gate


class Block(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.n1, self.n2 = nn.RMSNorm(o.width, eps=1e-5), nn.RMSNorm(o.width, eps=1e-5)
        self.attention = Attention(o)
        self.up = nn.Linear(o.width, 4 * o.width, bias=False)
        self.down = nn.Linear(4 * o.width, o.width, bias=False)

    def forward(self, x, cos, sin, mask):
        y, gate = self.attention(self.n1(x), cos, sin, mask)
        x = x + y
        return x + self.down(F.gelu(self.up(self.n2(x)), approximate="tanh")), gate


class Model(nn.Module):
    def __init__(self, o):
        super().__init__()
        self.embed = nn.Embedding(o.vocab, o.width)
        self.blocks = nn.ModuleList(Block(o) for _ in range(o.layers))
        self.norm = nn.RMSNorm(o.width, eps=1e-5)
        self.head = nn.Linear(o.width, o.vocab, bias=False)
        K = o.width // o.heads
        angle = torch.outer(torch.arange(o.context).float(), 10000 ** (-torch.arange(0, K, 2).float() / K))
        self.register_buffer("cos", angle.cos())
        self.register_buffer("sin", angle.sin())
        self.register_buffer("mask", torch.full((o.context, o.context), float("-inf")).triu(1))

    def forward(self, ids):
        x, gates = self.embed(ids), []
        for block in self.blocks:
            x, gate = block(x, self.cos, self.sin, self.mask)
            gates.append(gate)
        return self.head(self.norm(x)), gates


def balance(gates):
    total = 0.0
    for gate in gates:
        importance = gate[..., 1:].mean((0, 2))
        mean = importance.mean()
        total = total + importance.numel() * (importance - mean).square().mean() / mean.square()
    return total


def product_rate(width, device):
    """Best of 20 fp32 products [4096, C] x [C, 4C], in FLOP/s."""
    a, b = torch.randn(4096, width, device=device), torch.randn(width, 4 * width, device=device)
    best = 0.0
    for _ in range(20):
        start = time.perf_counter()
        c = a @ b
        if device == "cuda":
            torch.cuda.synchronize()
        best = max(best, 2 * 4096 * width * 4 * width / (time.perf_counter() - start))
        del c
    return best


def main():
    p = argparse.ArgumentParser(description=__doc__)
    for name, default in dict(layers=2, width=64, heads=4, vocab=64, context=64, batch=32, steps=40, threads=1, product=0).items():
        p.add_argument("--" + name, type=int, default=default)
    p.add_argument("--kind", default="vanilla", choices=["vanilla", "sink", "gated"])
    p.add_argument("--weight", type=float, default=0.0)
    p.add_argument("--compile", action="store_true")
    p.add_argument("--device", default="cpu")
    o = p.parse_args()
    torch.set_num_threads(o.threads)
    if o.product:
        print(json.dumps(dict(flops=product_rate(o.product, o.device))))
        return
    torch.manual_seed(0)
    model = Model(o).to(o.device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    forward = torch.compile(model) if o.compile else model
    ids = torch.randint(o.vocab, (o.batch, o.context + 1), device=o.device)

    def step():
        logits, gates = forward(ids[:, :-1])
        loss = F.cross_entropy(logits.reshape(-1, o.vocab), ids[:, 1:].reshape(-1))
        if o.weight:
            loss = loss + o.weight * balance(gates)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss.item()

    for _ in range(5):
        step()
    print(json.dumps(dict(ready=True)), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for _ in range(o.steps):
            loss = step()
        speed = o.steps * o.batch * o.context / (time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(json.dumps(dict(tokens_per_s=speed, loss=loss, peak_mb=peak)), flush=True)


if __name__ == "__main__":
    main()
