// The configuration of one run: plain structs, and one field list per struct.
//
// `fields(c, f)` is the only place that defines a key, its default, unit, range and help. Reading,
// unknown-key errors, help, canonical text, identity, stored parameters and completion use it. `f`
// is called once per field as f(FieldInfo, reference). A field at its default is not part of the
// run's identity, so a new field with a neutral default renames no stored run. A section that
// chooses a plug-in also holds the options that plug-ins declare (config/plugins/options.h). Raise
// kResultEpoch if a default changes, or if numerics change beyond rounding.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>

#include "config/choices.h"
#include "config/plugins/options.h"

namespace sinkmoe::config {

inline constexpr int kResultEpoch = 1;

struct ModelConfig {
  int64_t layers = 2, width = 64, heads = 4, kv_heads = 0;
  Mlp mlp = Mlp::gelu;
  double mlp_ratio = 4;
  Positions positions = Positions::rotary;
  double rotary_base = 10000;
  bool qk_norm = false, tie_embeddings = false;
  double init_std = 0.02, norm_eps = 1e-5;
  Recompute recompute = Recompute::none;
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, ModelConfig>
void fields(C& c, F&& f) {
  f({"layers", "decoder layers", "", 1, 256}, c.layers);
  f({"width", "width of the residual stream", "channels", 1, 65536}, c.width);
  f({"heads", "query heads per layer; must divide width", "", 1, 1024}, c.heads);
  f({"kv_heads", "key/value heads (grouped queries); 0: as many as heads", "", 0, 1024},
    c.kv_heads);
  f({.key = "mlp", .help = "feed-forward kind"}, c.mlp);
  f({"mlp_ratio", "hidden width of the feed-forward part over width", "", 0.01, 64}, c.mlp_ratio);
  f({.key = "positions", .help = "position information"}, c.positions);
  f({"rotary_base", "base of the rotary frequencies", "", 1, 1e9}, c.rotary_base);
  f({"qk_norm", "RMS-normalise queries and keys per head"}, c.qk_norm);
  f({"tie_embeddings", "use the token embedding as the output matrix"}, c.tie_embeddings);
  f({"init_std", "standard deviation of the initial weights", "", 0, 10}, c.init_std);
  f({"norm_eps", "epsilon of RMSNorm", "", 0, 1}, c.norm_eps);
  f({.key = "recompute",
     .help = "activations that the backward pass computes again, to save memory: none, or those "
             "inside each layer",
     .identity = false},
    c.recompute);
}

struct AttentionConfig {
  std::string kind = "vanilla";
  PluginOptions options = PluginOptions("variant");

  // The options of the chosen variant; O is the struct that it declares.
  template <class O>
  O chosen() const {
    return options.as<O>(kind);
  }
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, AttentionConfig>
void fields(C& c, F&& f) {
  f({.key = "kind", .help = "attention variant", .plugin = "variant"}, c.kind);
}

struct BalanceConfig {
  std::string loss = "cv2";
  double weight = 0;
  int64_t shared_heads = 0;
  SharedChoice shared_choice = SharedChoice::fixed;
  PluginOptions options = PluginOptions("loss");

  template <class O>
  O chosen() const {
    return options.as<O>(loss);
  }
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, BalanceConfig>
void fields(C& c, F&& f) {
  f({.key = "loss", .help = "balance loss on the heads' mean gates", .plugin = "loss"}, c.loss);
  f({"weight", "coefficient lambda of the balance loss (E15, E18); 0: no loss", "", 0, 1e6},
    c.weight);
  f({"shared_heads", "heads per layer left out of the loss, the m most important (E18)", "", 0,
     1023},
    c.shared_heads);
  f({.key = "shared_choice", .help = "shared heads chosen once at the start, or again every step"},
    c.shared_choice);
}

struct DataConfig {
  std::string source = "backcopy";
  std::string path = "";
  int64_t context = 64;
  PluginOptions options = PluginOptions("source");

  template <class O>
  O chosen() const {
    return options.as<O>(source);
  }
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, DataConfig>
void fields(C& c, F&& f) {
  f({.key = "source", .help = "where tokens come from", .plugin = "source"}, c.source);
  f({.key = "path", .help = "folder made by `sinkmoe data import` (text)", .identity = false},
    c.path);
  f({"context", "tokens per row, BOS included", "tokens", 2, 1 << 20}, c.context);
}

struct TrainConfig {
  int64_t steps = 1000, batch = 32, micro_batches = 1;
  double lr = 8e-3, weight_decay = 0.1, beta1 = 0.9, beta2 = 0.95, adam_eps = 1e-8;
  int64_t warmup = 100;
  double decay_fraction = 0.2, clip = 1.0;
  int64_t seed = 0, checkpoint_every = 250;
  std::string init_from = "", init_checkpoint = "", init_hash = "";
  Control control = Control::none;
  int64_t lora_rank = 0;
  double lora_alpha = 16;
  LoraForm lora_form = LoraForm::joint;
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, TrainConfig>
void fields(C& c, F&& f) {
  f({"steps", "optimizer steps", "steps", 0, 1e9}, c.steps);
  f({"batch", "rows per step", "rows", 1, 1e6}, c.batch);
  f({"micro_batches", "parts a batch is computed in; must divide batch", "", 1, 1e6},
    c.micro_batches);
  f({"lr", "peak learning rate of AdamW", "", 0, 10}, c.lr);
  f({"weight_decay", "decoupled weight decay of matrices", "", 0, 10}, c.weight_decay);
  f({"beta1", "AdamW beta 1", "", 0, 0.999999}, c.beta1);
  f({"beta2", "AdamW beta 2", "", 0, 0.999999}, c.beta2);
  f({"adam_eps", "AdamW epsilon", "", 0, 1}, c.adam_eps);
  f({"warmup", "steps of linear warm-up", "steps", 0, 1e9}, c.warmup);
  f({"decay_fraction", "last part of the steps with linear decay to 0", "", 0, 1},
    c.decay_fraction);
  f({"clip", "largest gradient norm; 0: no clipping", "", 0, 1e9}, c.clip);
  f({"seed", "initial weights and batch order", "", 0, 1e15}, c.seed);
  f({.key = "checkpoint_every",
     .help = "steps between checkpoints",
     .unit = "steps",
     .lo = 1,
     .hi = 1e9,
     .identity = false},
    c.checkpoint_every);
  f({.key = "init_from",
     .help = "run whose final weights this run starts from (identity: the parent's run_id)",
     .identity = false},
    c.init_from);
  f({.key = "init_checkpoint",
     .help = "Hugging Face folder whose model this run starts from (identity: train.init_hash)",
     .identity = false},
    c.init_checkpoint);
  f({.key = "init_hash",
     .help = "hash of the weights, configuration and tokenizer of train.init_checkpoint; the "
             "program fills it in"},
    c.init_hash);
  f({.key = "control",
     .help = "control experiment: attention keeps its initial values, or targets are "
             "shuffled over the batch"},
    c.control);
  f({"lora_rank", "rank of adapters on qkv_proj and o_proj, the rest frozen; 0: full training", "",
     0, 4096},
    c.lora_rank);
  f({"lora_alpha", "adapters are scaled by lora_alpha / lora_rank", "", 0, 1e6}, c.lora_alpha);
  f({.key = "lora_form",
     .help = "adapters of the joint matrices (joint), or of q, k, v and o as PEFT has them (peft)"},
    c.lora_form);
}

struct EvalConfig {
  int64_t points = 12, tokens = 65536, final_tokens = 500000;
  double sink_threshold = 0.3;
  Probes probes = Probes::none;
  Split split = Split::valid;
  std::string tasks = "", tasks_path = "data/tasks";
  int64_t task_questions = 1000;
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, EvalConfig>
void fields(C& c, F&& f) {
  f({"points", "evaluations during training, log-spaced from step 0", "", 1, 1000}, c.points);
  f({"tokens", "validation tokens of an evaluation during training", "tokens", 1, 1e9}, c.tokens);
  f({"final_tokens", "validation tokens of the last evaluation", "tokens", 1, 1e12},
    c.final_tokens);
  f({"sink_threshold", "epsilon of Sink_1^eps (E21)", "", 0, 1}, c.sink_threshold);
  f({.key = "probes",
     .help = "additional measurements of the last evaluation; terms: what the model loses "
             "without the value or the term of the first token; full: every probe"},
    c.probes);
  f({.key = "split", .help = "held-out part that evaluations read"}, c.split);
  f({.key = "tasks",
     .help = "zero-shot tasks of the last evaluation: names joined by commas, or all"},
    c.tasks);
  f({.key = "tasks_path",
     .help = "folder of the task files (identity: the hash of the files that are used)",
     .identity = false},
    c.tasks_path);
  f({"task_questions", "questions of a task, the first in its file", "", 1, 1e9}, c.task_questions);
}

struct RunSection {
  Device device = Device::cpu;
  Precision precision = Precision::fp32;
  Mode mode = Mode::exact;
  int64_t threads = 1, ranks = 1;
  Shard shard = Shard::none;
  int64_t rank_patience = 45;
  int64_t log_every = 10;
};

template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, RunSection>
void fields(C& c, F&& f) {
  f({.key = "device", .help = "where the run computes"}, c.device);
  f({.key = "precision", .help = "matrix arithmetic"}, c.precision);
  f({.key = "mode", .help = "exact: repeatable kernels; fast: the quickest (cuda)"}, c.mode);
  f({.key = "threads",
     .help = "CPU threads of a run, or of each of its ranks",
     .lo = 1,
     .hi = 1024,
     .identity = false},
    c.threads);
  f({.key = "ranks",
     .help = "processes that train one model together, each with its rows of every batch",
     .lo = 1,
     .hi = 4096,
     .identity = false},
    c.ranks);
  f({.key = "shard",
     .help = "what the ranks divide among them: nothing, or the optimizer's moments",
     .identity = false},
    c.shard);
  f({.key = "rank_patience",
     .help = "how long a rank waits for another before the run ends, resumable",
     .unit = "s",
     .lo = 1,
     .hi = 86400,
     .identity = false},
    c.rank_patience);
  f({.key = "log_every",
     .help = "steps between training rows",
     .unit = "steps",
     .lo = 1,
     .hi = 1e9,
     .identity = false},
    c.log_every);
}

struct RunConfig {
  ModelConfig model;
  AttentionConfig attention;
  BalanceConfig balance;
  DataConfig data;
  TrainConfig train;
  EvalConfig eval;
  RunSection run;
  bool operator==(const RunConfig&) const;  // the canonical texts are equal
};

// Calls f(section_name, section_struct) for each section, in order.
template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, RunConfig>
void sections(C& c, F&& f) {
  f("model", c.model);
  f("attention", c.attention);
  f("balance", c.balance);
  f("data", c.data);
  f("train", c.train);
  f("eval", c.eval);
  f("run", c.run);
}

}  // namespace sinkmoe::config
