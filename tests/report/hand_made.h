// A tiny table of runs, and specs for it; the results were computed by hand.
#pragma once

#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/judge/family.h"

namespace sinkmoe::report {

// variant, weight, seed, run_id, status, loss, cv. sink 0.01: one run done, one diverged.
inline Table hand_made_rows() {
  const auto row = [](std::string variant, double weight, int64_t seed, std::string status,
                      Cell loss, Cell cv) {
    const std::string id = variant + (weight > 0 ? "-w-" : "-0-") + std::to_string(seed);
    return std::vector<Cell>{variant, weight, seed, id, status, loss, cv};
  };
  return {{"variant", "weight", "seed", "run_id", "status", "loss", "cv"},
          {row("vanilla", 0, 0, "done", 2.00, 0.50), row("vanilla", 0, 1, "done", 2.02, 0.60),
           row("vanilla", 0, 2, "done", 2.04, 0.70), row("vanilla", 0.01, 0, "done", 1.98, 0.01),
           row("vanilla", 0.01, 1, "done", 2.01, 0.02), row("vanilla", 0.01, 2, "done", 2.01, 0.03),
           row("sink", 0, 0, "done", 1.90, Cell{}), row("sink", 0.01, 0, "done", 1.95, Cell{}),
           row("sink", 0.01, 1, "diverged", 9.00, Cell{})}};
}

inline const std::string kTableSpec = R"(
paper = "Table T1"
claims = ["C6", "C7"]
title = "Loss & balance_50% <by> variant"
caption = "Final values."
experiments = [{ name = "quick", n = 3 }, "*"]
pair = { column = "weight", control = 0 }
query = "select * from runs where experiment = :experiment"

[layout]
kind = "table"
rows = ["variant", { column = "weight", title = "λ" }]
values = [
  { column = "loss", title = "loss", unit = "nats", digits = 3, difference = true },
  { column = "cv", title = "CV", digits = 2 },
]

[[expect]]
claim = "C7"
primary = true
value = "loss"
cell = { variant = ["vanilla", "sink"], weight = 0.01 }
than = { weight = 0 }
direction = "lower"
margin = 0.005
paper = "lower everywhere"

[[expect]]
claim = "C6"
value = "cv"
cell = { variant = "vanilla", weight = 0.01 }
below = 0.05
)";

inline Document hand_made_document(const std::string& toml = kTableSpec,
                                   Table rows = hand_made_rows()) {
  DocumentInput input;
  input.experiment = "quick";
  input.query = "select * from runs where experiment = 'quick'";
  input.rows = std::move(rows);
  for (const auto& row : input.rows.rows) input.commits[to_text(row[3])] = "c0ffee0123456789";
  Document d = make_document(parse_spec(toml, "plots/hand_made.toml"), input);
  judge_families({{d.id, d.experiment, d.counts, &d.judgements}}, {});
  return d;
}

// step, variant, seed, run_id, status, value, layer, head.
inline Table hand_made_steps(int64_t seeds) {
  Table t{{"variant", "step", "seed", "run_id", "status", "value", "layer", "head"}, {}};
  for (const std::string& variant : {std::string("vanilla"), std::string("gated")})
    for (int64_t seed = 0; seed < seeds; ++seed)
      for (const int64_t step : {0, 10, 100})
        t.rows.push_back({variant, step, seed, variant + std::to_string(seed), "done",
                          0.125 * static_cast<double>(step + seed) / 100 + 0.25, step % 3,
                          step / 10 % 2 + 2 * seed});
  return t;
}

inline Document hand_made_figure(const std::string& layout, int64_t seeds = 2) {
  DocumentInput input;
  input.query = "select * from steps";
  input.rows = hand_made_steps(seeds);
  const std::string head =
      "paper = \"F2\"\ntitle = \"A 'figure'\"\nquery = \"select * from steps\"\n[layout]\n";
  return make_document(parse_spec(head + layout, "plots/figure.toml"), input);
}

inline const std::string kLines =
    "kind = \"lines\"\nx = { column = \"step\", log = true }\ny = { column = \"value\", from = 0 "
    "}\n"
    "series = [\"variant\"]\n";
inline const std::string kBars =
    "kind = \"bars\"\nx = { column = \"step\" }\ny = { column = \"value\" }\npanel_cols = "
    "\"variant\"\n";
inline const std::string kHeatmap =
    "kind = \"heatmap\"\nx = { column = \"head\" }\ny = { column = \"layer\" }\ncolor = { column = "
    "\"value\" }\n"
    "panel_cols = \"variant\"\npanel_rows = \"step\"\n";
inline const std::string kScatter =
    "kind = \"scatter\"\nx = { column = \"step\", guide = 50 }\ny = { column = \"value\", log = "
    "true }\n"
    "series = [{ column = \"variant\", title = \"kind\" }]\n";

}  // namespace sinkmoe::report
