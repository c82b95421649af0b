#include "pretrained/page/page.h"

#include <fmt/format.h>

#include <algorithm>

#include "pretrained/page/drawing.h"
#include "report/text/escape.h"

namespace sinkmoe::pretrained {

namespace {

constexpr const char* kHead = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>
body { font: 15px/1.5 "DejaVu Sans", Verdana, Arial, sans-serif; color: #202020; max-width: 900px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 2.2em; border-top: 1px solid #ccc; padding-top: 0.9em; }
table { border-collapse: collapse; font-size: 13px; margin: 1em 0; } .scroll { overflow-x: auto; }
th, td { padding: 3px 10px; border-bottom: 1px solid #ddd; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; } thead th { border-bottom: 2px solid #444; }
.small { font-size: 12.5px; color: #505050; } svg { max-width: 100%; height: auto; }
</style>
)html";

std::string row(const std::vector<std::string>& cells, const char* tag = "td") {
  std::string out = "<tr>";
  for (const std::string& cell : cells)
    out += fmt::format("<{0}>{1}</{0}>", tag, report::html_escape(cell));
  return out + "</tr>\n";
}

std::string table(const std::vector<std::string>& header,
                  const std::vector<std::vector<std::string>>& rows) {
  std::string out = "<div class=\"scroll\"><table>\n";
  if (!header.empty()) out += "<thead>" + row(header, "th") + "</thead>\n";
  for (const auto& cells : rows) out += row(cells);
  return out + "</table></div>\n";
}

std::string heading(const std::string& title, const std::string& meaning) {
  return "<h2>" + report::html_escape(title) + "</h2>\n<p>" + report::html_escape(meaning) +
         "</p>\n";
}

std::string facts(const PageInput& in) {
  const Architecture& a = in.architecture;
  const HeadsResult& r = in.result;
  std::vector<std::vector<std::string>> rows = {
      {"family", a.family},
      {"layers, query heads, key/value heads, head width",
       fmt::format("{}, {}, {}, {}", a.layers.size(), a.heads, a.kv_heads, a.head_width)},
      {"width, vocabulary", fmt::format("{}, {}", a.width, a.vocabulary)},
      {"text", in.text},
      {"rows", fmt::format("{} of {} tokens", r.rows, r.context)},
      {"position 0", in.bos},
      {"loss", fmt::format("{:.4f} nats per token", r.loss)}};
  if (!r.layers.empty() && r.layers.size() < a.layers.size())
    rows.push_back({"layers of linear attention",
                    fmt::format("{}, left out: without a softmax they have no sink",
                                a.layers.size() - r.layers.size())});
  if (r.bits_per_byte) rows.push_back({"bits per byte", fmt::format("{:.3f}", *r.bits_per_byte)});
  return table({}, rows);
}

std::string importance(const PageInput& in) {
  const HeadsResult& r = in.result;
  const std::string what =
      r.learned_sinks
          ? "Importance of a head is 1 minus its mean weight on the model's learned sink."
      : r.gated
          ? "Importance of a head is the mean of the model's own gate on its output."
          : "Importance of a head is 1 minus its mean weight on the first token, over positions 1 "
            "on.";
  std::string text =
      what +
      " It says how much a head takes part: 1 is an open head, 0 a head that rests on the sink "
      "nearly everywhere and brings in only the sink's value, which is small in most models (see "
      "below). Light cells are open, dark ones closed. Hold the pointer over a cell for its value.";
  if (std::find(r.windowed.begin(), r.windowed.end(), true) != r.windowed.end())
    text +=
        " Layers marked 'window' in the table below cannot see the first token from later "
        "positions: there importance is near 1 for that reason alone.";
  return heading("Importance of every head", text) +
         draw(
             {.title = "importance by layer and head", .values = r.importance, .layers = r.layers});
}

std::string imbalance(const PageInput& in) {
  const HeadsResult& r = in.result;
  return heading("Imbalance within each layer",
                 fmt::format("The coefficient of variation (standard deviation over mean) of "
                             "importance over the heads of "
                             "each layer. 0: all heads take part equally; above about 0.3 a few "
                             "heads do much of the work. Mean over "
                             "layers: {:.3f}. Mean importance of all heads: {:.3f}.",
                             mean(r.cv), mean(r.importance))) +
         draw_bars("coefficient of variation of importance by layer", r.cv, 0.1, r.layers);
}

std::string sinks(const PageInput& in) {
  const HeadsResult& r = in.result;
  const std::string long_name = fmt::format("T = {}", r.context),
                    short_name = fmt::format("T = {}", r.short_context);
  std::vector<std::vector<std::string>> rows;
  for (const double threshold : {0.1, 0.2, kSinkThreshold, 0.5, 0.8})
    rows.push_back({fmt::format("mean weight on token 0 above {:g}", threshold),
                    fmt::format("{:.1f}%", percent_above(r.short_first_weight, threshold)),
                    fmt::format("{:.1f}%", percent_above(r.first_weight, threshold))});
  return heading(
             "Attention sinks",
             "The share of heads that put much of their weight on the first token. It depends on "
             "the length of the rows, so it is given for the start of each row and for whole rows: "
             "compare models at equal T only. The usual rate is the one at 0.3.") +
         table({"share of heads", short_name, long_name}, rows) +
         "<p>Mean weight on the first token, over all positions of whole rows:</p>\n" +
         draw({.title = "weight on the first token by layer and head",
               .values = r.first_weight,
               .layers = r.layers});
}

// One column per key/value head instead of per query head.
Grid by_kv_head(const Grid& grid, int64_t kv_heads) {
  Grid out;
  for (const auto& layer : grid) {
    const size_t group = layer.size() / static_cast<size_t>(kv_heads);
    out.emplace_back();
    for (size_t h = 0; h < layer.size(); h += group) out.back().push_back(layer[h]);
  }
  return out;
}

std::string values(const PageInput& in) {
  const Grid ratio = by_kv_head(in.result.value_ratio, in.architecture.kv_heads);
  return heading("Values of the first token",
                 fmt::format("The norm of the first token's value over the median norm of the "
                             "other values, for each "
                             "key/value head. Below 1 the first token brings little into the "
                             "output even where it gets much weight "
                             "(value drain). Mean: {:.3f}.",
                             mean(ratio))) +
         draw({.title = "value ratio by layer and key/value head",
               .values = ratio,
               .column = "key/value head",
               .high = 1.5,
               .layers = in.result.layers}) +
         heading("Norms of the heads' outputs",
                 "The mean norm of what a head puts out, before the output matrix, over the mean "
                 "of its "
                 "layer. 1: as large as its neighbours.") +
         draw({.title = "output norm by layer and head",
               .values = in.result.out_norm,
               .high = 2,
               .layers = in.result.layers});
}

std::string list(const std::vector<HeadName>& heads) {
  if (heads.empty()) return "<p>None.</p>\n";
  std::string out = "<p>";
  for (const HeadName& h : heads)
    out += fmt::format("{}L{}H{} ({:.2f})", &h == &heads.front() ? "" : ", ", h.layer, h.head,
                       h.importance);
  return out + "</p>\n";
}

std::string named(const PageInput& in) {
  return heading(
             "Closed heads",
             fmt::format("Importance below {:g}: more than nine tenths of the weight lie on the "
                         "sink. L12H3 is head 3 of layer 12, both counted from 0.",
                         kClosedThreshold)) +
         list(closed_heads(in.result)) +
         heading(
             "Dominant heads",
             fmt::format("Importance above {:g} times the mean of their layer: while the others "
                         "rest on the sink, these work.",
                         kDominantRatio)) +
         list(dominant_heads(in.result));
}

std::string layers(const PageInput& in) {
  const HeadsResult& r = in.result;
  std::vector<std::vector<std::string>> rows;
  for (size_t l = 0; l < r.importance.size(); ++l) {
    const auto [low, high] = std::minmax_element(r.importance[l].begin(), r.importance[l].end());
    rows.push_back({fmt::format("{}{}", layer_of(r, l), r.windowed[l] ? " (window)" : ""),
                    fmt::format("{:.3f}", mean(r.importance[l])), fmt::format("{:.3f}", *low),
                    fmt::format("{:.3f}", *high), fmt::format("{:.3f}", r.cv[l]),
                    fmt::format("{:.0f}%", percent_above({r.first_weight[l]}, kSinkThreshold)),
                    fmt::format("{:.3f}", mean(r.value_ratio[l]))});
  }
  return heading("All layers", "The numbers behind the drawings, one line per layer.") +
         table({"layer", "mean importance", "lowest", "highest", "CV", "sink heads", "value ratio"},
               rows);
}

}  // namespace

std::string heads_page(const PageInput& in) {
  return std::string(kHead) + "<title>Heads of " + report::html_escape(in.name) +
         "</title>\n</head>\n<body>\n<h1>Heads of " + report::html_escape(in.name) + "</h1>\n" +
         facts(in) + importance(in) + imbalance(in) + sinks(in) + values(in) + named(in) +
         layers(in) + "<p class=\"small\">" +
         report::html_escape(
             "Made by sinkmoe heads (" + in.version +
             "). Formulas: docs/metrics.md; what can be read: docs/real_models.md.") +
         "</p>\n</body>\n</html>\n";
}

}  // namespace sinkmoe::pretrained
