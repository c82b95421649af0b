// The model class that goes with an exported folder whose model no stock class of transformers
// computes (docs/weights_format.md gives the same forward pass in words).
#include "pretrained/export/export.h"

namespace sinkmoe::pretrained {

const char* const kModelingText =
    R"python("""The decoder of sinkmoe for the transformers library: attention with a learned sink logit, a gate, or neither.

Load the folder with AutoModelForCausalLM.from_pretrained(DIR, trust_remote_code=True). Attention is computed in plain
operations and nothing is cached, so generate() needs use_cache=False (the default of the folder's config).
"""
import torch
import transformers
from torch import nn
from torch.nn import functional as F
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import CausalLMOutput


class SinkmoeConfig(PretrainedConfig):
    model_type = "sinkmoe"

    def __init__(
        self,
        vocab_size=64,
        hidden_size=64,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=16,
        max_position_embeddings=64,
        rms_norm_eps=1e-5,
        hidden_act="gelu",  # gelu (tanh form), swiglu, relu2
        positions="rotary",  # rotary, learned, none
        rotary_base=10000.0,
        qk_norm=False,
        attention_kind="vanilla",  # vanilla, plain, sink, gated
        gate_form="headwise",  # or elementwise
        gated_bias=0.0,  # not 0: the gate's logit has a bias
        **kwargs,
    ):
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.intermediate_size = intermediate_size
        self.num_hidden_layers = num_hidden_layers
        self.num_attention_heads = num_attention_heads
        self.num_key_value_heads = num_key_value_heads
        self.head_dim = head_dim
        self.max_position_embeddings = max_position_embeddings
        self.rms_norm_eps = rms_norm_eps
        self.hidden_act = hidden_act
        self.positions = positions
        self.rotary_base = rotary_base
        self.qk_norm = qk_norm
        self.attention_kind = attention_kind
        self.gate_form = gate_form
        self.gated_bias = gated_bias
        super().__init__(**kwargs)


class RmsNorm(nn.Module):
    def __init__(self, width, eps):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x):
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)).to(x.dtype) * self.weight


def rotate(x, positions, base):
    """x [B, heads, T, K]; pairs of channels (i, i + K/2)."""
    half = x.shape[-1] // 2
    frequency = base ** (-2.0 * torch.arange(half, dtype=torch.float64, device=x.device) / x.shape[-1])
    angle = (positions.double()[:, None] * frequency).to(torch.float64)
    cos, sin = angle.cos().to(x.dtype), angle.sin().to(x.dtype)
    u, w = x[..., :half], x[..., half:]
    return torch.cat([u * cos - w * sin, w * cos + u * sin], -1)


class Attention(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.c = c
        wide = c.num_attention_heads * c.head_dim
        narrow = c.num_key_value_heads * c.head_dim
        self.q_proj = nn.Linear(c.hidden_size, wide, bias=False)
        self.k_proj = nn.Linear(c.hidden_size, narrow, bias=False)
        self.v_proj = nn.Linear(c.hidden_size, narrow, bias=False)
        self.o_proj = nn.Linear(wide, c.hidden_size, bias=False)
        if c.qk_norm:
            self.q_norm = RmsNorm(c.head_dim, c.rms_norm_eps)
            self.k_norm = RmsNorm(c.head_dim, c.rms_norm_eps)
        if c.attention_kind == "sink":
            self.sinks = nn.Parameter(torch.zeros(c.num_attention_heads))
        if c.attention_kind == "gated":
            gates = wide if c.gate_form == "elementwise" else c.num_attention_heads
            self.g_proj = nn.Linear(c.hidden_size, gates, bias=c.gated_bias != 0)

    def heads(self, x, linear):
        return linear(x).unflatten(-1, (-1, self.c.head_dim)).transpose(1, 2)

    def forward(self, x, positions, visible):
        c = self.c
        q, k, v = self.heads(x, self.q_proj), self.heads(x, self.k_proj), self.heads(x, self.v_proj)
        if c.qk_norm:
            q, k = self.q_norm(q), self.k_norm(k)
        if c.positions == "rotary":
            q, k = rotate(q, positions, c.rotary_base), rotate(k, positions, c.rotary_base)
        share = c.num_attention_heads // c.num_key_value_heads
        k, v = k.repeat_interleave(share, 1), v.repeat_interleave(share, 1)
        scores = (q @ k.transpose(-1, -2)) / c.head_dim**0.5
        scores = scores.masked_fill(~visible, torch.finfo(scores.dtype).min).float()
        if c.attention_kind == "sink":  # one more column of scores, whose weight meets no value
            sink = self.sinks.float().view(1, -1, 1, 1).expand(*scores.shape[:3], 1)
            weights = torch.cat([scores, sink], -1).softmax(-1)[..., :-1]
        else:
            weights = scores.softmax(-1)
        out = weights.to(v.dtype) @ v
        if c.attention_kind == "gated":
            gate = torch.sigmoid(self.g_proj(x))
            if c.gate_form == "elementwise":
                out = out * gate.unflatten(-1, (-1, c.head_dim)).transpose(1, 2)
            else:
                out = out * gate.transpose(1, 2)[..., None]
        return self.o_proj(out.transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.kind = c.hidden_act
        if self.kind == "swiglu":
            self.gate_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.up_proj = nn.Linear(c.hidden_size, c.intermediate_size, bias=False)
        self.down_proj = nn.Linear(c.intermediate_size, c.hidden_size, bias=False)

    def forward(self, x):
        up = self.up_proj(x)
        if self.kind == "swiglu":
            return self.down_proj(F.silu(self.gate_proj(x)) * up)
        return self.down_proj(F.gelu(up, approximate="tanh") if self.kind == "gelu" else F.relu(up).square())


class Layer(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = RmsNorm(c.hidden_size, c.rms_norm_eps)
        self.self_attn = Attention(c)
        self.post_attention_layernorm = RmsNorm(c.hidden_size, c.rms_norm_eps)
        self.mlp = FeedForward(c)

    def forward(self, x, positions, visible):
        x = x + self.self_attn(self.input_layernorm(x), positions, visible)
        return x + self.mlp(self.post_attention_layernorm(x))


class Decoder(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c.vocab_size, c.hidden_size)
        if c.positions == "learned":
            self.embed_positions = nn.Embedding(c.max_position_embeddings, c.hidden_size)
        self.learned = c.positions == "learned"
        self.layers = nn.ModuleList(Layer(c) for _ in range(c.num_hidden_layers))
        self.norm = RmsNorm(c.hidden_size, c.rms_norm_eps)

    def forward(self, ids, attention_mask=None):
        tokens = ids.shape[1]
        positions = torch.arange(tokens, device=ids.device)
        visible = (positions[None, :] <= positions[:, None])[None, None]
        if attention_mask is not None:
            visible = visible & attention_mask.bool()[:, None, None, :]
        x = self.embed_tokens(ids)
        if self.learned:
            x = x + self.embed_positions(positions)
        for layer in self.layers:
            x = layer(x, positions, visible)
        return self.norm(x)


class SinkmoeForCausalLM(PreTrainedModel, GenerationMixin):
    config_class = SinkmoeConfig
    base_model_prefix = "model"
    _no_split_modules = ["Layer"]
    _tied_weights_keys = (
        {"lm_head.weight": "model.embed_tokens.weight"}
        if int(transformers.__version__.split(".")[0]) >= 5
        else ["lm_head.weight"]
    )

    def __init__(self, config):
        super().__init__(config)
        self.model = Decoder(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def get_input_embeddings(self):
        return self.model.embed_tokens

    def set_input_embeddings(self, value):
        self.model.embed_tokens = value

    def get_output_embeddings(self):
        return self.lm_head

    def set_output_embeddings(self, value):
        self.lm_head = value

    def prepare_inputs_for_generation(self, input_ids, attention_mask=None, **kwargs):
        return {"input_ids": input_ids, "attention_mask": attention_mask}

    def forward(self, input_ids, attention_mask=None, labels=None, **kwargs):
        logits = self.lm_head(self.model(input_ids, attention_mask))
        loss = None
        if labels is not None:
            loss = F.cross_entropy(logits[:, :-1].flatten(0, 1).float(), labels[:, 1:].flatten())
        return CausalLMOutput(loss=loss, logits=logits)
)python";

}  // namespace sinkmoe::pretrained
