#!/usr/bin/env python3
"""The peer of the GPU bench: a GPT as PyTorch users train it on one GPU, with bf16 autocast, F.scaled_dot_product_attention,
fused AdamW, and --compile for torch.compile. Sizes and protocol are step_bench.cpp's: after a warm-up a JSON line says
"ready"; each line on stdin asks for one round of steps, answered by a JSON line. Runs on a CPU too, for rehearsals.
"""
import argparse
import contextlib
import json
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm_a, self.norm_f = nn.LayerNorm(width, bias=False), nn.LayerNorm(width, bias=False)
        self.qkv, self.out = nn.Linear(width, 3 * width, bias=False), nn.Linear(width, width, bias=False)
        self.up, self.down = nn.Linear(width, 4 * width, bias=False), nn.Linear(4 * width, width, bias=False)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.heads, C // self.heads).transpose(1, 2) for t in self.qkv(self.norm_a(x)).chunk(3, dim=-1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(y.transpose(1, 2).reshape(B, T, C))
        return x + self.down(F.gelu(self.up(self.norm_f(x))))


class Gpt(nn.Module):
    def __init__(self, o):
        super().__init__()
        vocab = (o.vocab + 63) // 64 * 64  # as users pad it
        self.token, self.position = nn.Embedding(vocab, o.width), nn.Embedding(o.context, o.width)
        self.blocks = nn.ModuleList(Block(o.width, o.heads) for _ in range(o.layers))
        self.norm = nn.LayerNorm(o.width, bias=False)
        self.head = nn.Linear(o.width, vocab, bias=False)
        self.apply(lambda m: nn.init.normal_(m.weight, std=0.02) if isinstance(m, (nn.Linear, nn.Embedding)) else None)
        if o.tie:
            self.head.weight = self.token.weight

    def forward(self, ids, targets):
        x = self.token(ids) + self.position(torch.arange(ids.shape[1], device=ids.device))
        for block in self.blocks:
            x = block(x)
        logits = self.head(self.norm(x))
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    for name, default in dict(layers=2, width=64, heads=4, vocab=64, context=64, batch=32, steps=40).items():
        p.add_argument("--" + name, type=int, default=default)
    p.add_argument("--tie", action="store_true")
    p.add_argument("--compile", action="store_true")
    p.add_argument("--device", default="cuda")
    o = p.parse_args()
    cuda = o.device == "cuda"
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = True
    model = Gpt(o).to(o.device)
    decayed = [w for w in model.parameters() if w.dim() >= 2]
    others = [w for w in model.parameters() if w.dim() < 2]
    optimizer = torch.optim.AdamW([dict(params=decayed, weight_decay=0.1), dict(params=others, weight_decay=0.0)], lr=1e-3,
                                  betas=(0.9, 0.95), fused=cuda)
    forward = torch.compile(model) if o.compile else model
    # Batches come from the host, through pinned memory, as in training.
    data = torch.randint(o.vocab, (8, o.batch, o.context + 1))
    data = data.pin_memory() if cuda else data
    autocast = torch.autocast("cuda", torch.bfloat16) if cuda else contextlib.nullcontext()

    def step(i):
        ids = data[i % len(data)].to(o.device, non_blocking=True)
        with autocast:
            loss = forward(ids[:, :-1], ids[:, 1:])
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return loss

    def wait():
        if cuda:
            torch.cuda.synchronize()

    for i in range(5):
        step(i)
    wait()
    print(json.dumps(dict(ready=True)), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        for i in range(o.steps):
            loss = step(i)
        wait()
        speed = o.steps * o.batch * o.context / (time.perf_counter() - start)
        peak = torch.cuda.max_memory_allocated() / 1e6 if cuda else None
        print(json.dumps(dict(tokens_per_s=speed, loss=loss.item(), peak_mb=peak)), flush=True)


if __name__ == "__main__":
    main()
