#include "pretrained/page/drawing.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "report/text/escape.h"

namespace sinkmoe::pretrained {

namespace {

constexpr double kMargin = 46, kTop = 22;

// Dark blue, green, light yellow: ordered by brightness, also for the colour-blind and in grey.
std::string colour(double share) {
  static constexpr std::array<std::array<double, 3>, 5> kStops = {
      {{38, 34, 98}, {44, 97, 142}, {32, 152, 138}, {126, 205, 92}, {250, 236, 120}}};
  const double at = std::clamp(share, 0.0, 1.0) * (kStops.size() - 1);
  const auto below = std::min<size_t>(static_cast<size_t>(at), kStops.size() - 2);
  std::array<int, 3> rgb{};
  for (size_t c = 0; c < 3; ++c)
    rgb[c] = static_cast<int>(
        std::lround(kStops[below][c] +
                    (at - static_cast<double>(below)) * (kStops[below + 1][c] - kStops[below][c])));
  return fmt::format("#{:02x}{:02x}{:02x}", rgb[0], rgb[1], rgb[2]);
}

std::string open_svg(double width, double height, const std::string& title) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0:.0f} {1:.0f}\" "
      "width=\"{0:.0f}\" height=\"{1:.0f}\" role=\"img\" font-size=\"11\" fill=\"#303030\">"
      "<title>{2}</title>\n",
      width, height, report::html_escape(title));
}

// Every how many-th label is shown, so that labels do not touch.
size_t label_step(size_t count, double size, double needed) {
  size_t step = 1;
  for (const size_t next : {2, 5, 10, 20, 50, 100})
    if (static_cast<double>(step) * size < needed && step < count) step = next;
  return step;
}

int64_t number(const std::vector<int64_t>& layers, size_t row) {
  return layers.empty() ? static_cast<int64_t>(row) : layers.at(row);
}

std::string legend(const HeatMap& map, double y, double width) {
  constexpr int kSteps = 40;
  std::string out;
  const double step = std::min(width, 240.0) / kSteps;
  for (int i = 0; i < kSteps; ++i)
    out +=
        fmt::format("<rect x=\"{:.2f}\" y=\"{:.1f}\" width=\"{:.2f}\" height=\"10\" fill=\"{}\"/>",
                    kMargin + i * step, y, step + 0.3, colour((i + 0.5) / kSteps));
  for (const double end : {0.0, 0.5, 1.0})
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{:g}</text>",
                       kMargin + end * kSteps * step, y + 22,
                       end == 0   ? "start"
                       : end == 1 ? "end"
                                  : "middle",
                       map.low + end * (map.high - map.low));
  return out + "\n";
}

std::string cells(const HeatMap& map, double width, double height) {
  std::string out;
  for (size_t l = 0; l < map.values.size(); ++l)
    for (size_t h = 0; h < map.values[l].size(); ++h)
      out += fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\">"
          "<title>layer {}, {} {}: {:.3f}</title></rect>\n",
          kMargin + static_cast<double>(h) * width, kTop + static_cast<double>(l) * height,
          width - 0.6, height - 0.6, colour((map.values[l][h] - map.low) / (map.high - map.low)),
          number(map.layers, l), map.column, h, map.values[l][h]);
  return out;
}

}  // namespace

std::string draw(const HeatMap& map) {
  const size_t L = map.values.size(), H = map.values.front().size();
  const double width = std::clamp(640.0 / static_cast<double>(H), 7.0, 34.0),
               height = std::clamp(560.0 / static_cast<double>(L), 7.0, 17.0);
  const double right = kMargin + width * static_cast<double>(H),
               bottom = kTop + height * static_cast<double>(L);
  std::string out = open_svg(std::max(right + 10, 320.0), bottom + 46, map.title);
  out += cells(map, width, height);
  for (size_t l = 0; l < L; l += label_step(L, height, 12))
    out += fmt::format("<text x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"end\">{}</text>", kMargin - 5,
                       kTop + (static_cast<double>(l) + 0.5) * height + 4, number(map.layers, l));
  for (size_t h = 0; h < H; h += label_step(H, width, 18))
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>",
                       kMargin + (static_cast<double>(h) + 0.5) * width, kTop - 5, h);
  out += fmt::format("<text x=\"2\" y=\"{:.0f}\">layer</text>", kTop - 5);
  return out + legend(map, bottom + 12, right - kMargin) + "</svg>\n";
}

std::string draw_bars(const std::string& title, const std::vector<double>& values, double least_top,
                      const std::vector<int64_t>& layers) {
  constexpr double kHeight = 150;
  const double top = std::max(least_top, *std::max_element(values.begin(), values.end()));
  const double step = std::clamp(680.0 / static_cast<double>(values.size()), 8.0, 40.0),
               bottom = kTop + kHeight;
  std::string out =
      open_svg(kMargin + step * static_cast<double>(values.size()) + 10, bottom + 34, title);
  for (const double share : {0.0, 0.5, 1.0})
    out += fmt::format(
        "<line x1=\"{0:.0f}\" x2=\"{1:.0f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" stroke=\"#d0d0d0\"/>"
        "<text x=\"{3:.0f}\" y=\"{4:.1f}\" text-anchor=\"end\">{5:.2f}</text>",
        kMargin, kMargin + step * static_cast<double>(values.size()), bottom - share * kHeight,
        kMargin - 5, bottom - share * kHeight + 4, share * top);
  for (size_t l = 0; l < values.size(); ++l)
    out += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"#2c618e\">"
        "<title>layer {}: {:.3f}</title></rect>\n",
        kMargin + static_cast<double>(l) * step + 1, bottom - values[l] / top * kHeight, step - 2,
        values[l] / top * kHeight, number(layers, l), values[l]);
  for (size_t l = 0; l < values.size(); l += label_step(values.size(), step, 18))
    out += fmt::format("<text x=\"{:.1f}\" y=\"{:.0f}\" text-anchor=\"middle\">{}</text>",
                       kMargin + (static_cast<double>(l) + 0.5) * step, bottom + 14,
                       number(layers, l));
  out += fmt::format("<text x=\"2\" y=\"{:.0f}\">layer</text>", bottom + 28);
  return out + "</svg>\n";
}

}  // namespace sinkmoe::pretrained
