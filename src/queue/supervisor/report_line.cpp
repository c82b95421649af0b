#include "queue/supervisor/report_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "core/text/utf8.h"

namespace sinkmoe::queue {

using nlohmann::json;

namespace {

// Keeps a line below PIPE_BUF (4096), so that it is written atomically even if each byte is escaped
// as six.
constexpr size_t kMessageBytes = 600;

double number(const json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number() ? it->get<double>() : 0;
}

Progress decode_progress(const json& p) {
  return {static_cast<int64_t>(number(p, "step")),
          static_cast<int64_t>(number(p, "steps")),
          number(p, "loss"),
          number(p, "tokens_per_second"),
          number(p, "imbalance"),
          number(p, "sink_rate")};
}

}  // namespace

std::string encode(const ReportLine& line) {
  json object;
  if (line.progress) {
    const Progress& p = *line.progress;
    object["progress"] = {{"step", p.step},           {"steps", p.steps},
                          {"loss", p.loss},           {"tokens_per_second", p.tokens_per_second},
                          {"imbalance", p.imbalance}, {"sink_rate", p.sink_rate}};
  }
  if (line.held) object["held"] = *line.held;
  if (line.evaluated) object["evaluated"] = *line.evaluated;
  if (line.note) object["note"] = printable(line.note->substr(0, kMessageBytes));
  return object.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
}

ReportLine decode(const std::string& line) {
  ReportLine report;
  const json object = json::parse(line, nullptr, false);
  if (!object.is_object()) return report;
  if (object.contains("progress") && object["progress"].is_object())
    report.progress = decode_progress(object["progress"]);
  if (object.contains("held")) report.held = number(object, "held");
  if (object.contains("evaluated")) report.evaluated = number(object, "evaluated");
  if (object.contains("note") && object["note"].is_string()) report.note = object["note"];
  return report;
}

ReportPipe::ReportPipe(int descriptor) : descriptor_(descriptor) {
  if (descriptor_ >= 0) ::fcntl(descriptor_, F_SETFL, ::fcntl(descriptor_, F_GETFL) | O_NONBLOCK);
}

void ReportPipe::send(const ReportLine& line) const {
  if (descriptor_ < 0) return;
  const std::string text = encode(line);
  [[maybe_unused]] const ssize_t n = ::write(descriptor_, text.data(), text.size());
}

}  // namespace sinkmoe::queue
