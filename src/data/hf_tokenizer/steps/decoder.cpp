#include "data/hf_tokenizer/steps/decoder.h"

#include "core/text/split_join.h"
#include "data/hf_tokenizer/steps/metaspace.h"

namespace sinkmoe::data {

namespace {

void read_replace(JsonReader& json, Decoder& made) {
  JsonReader pattern = json.object("pattern");
  std::string from = pattern.text("String");
  pattern.finish();
  if (from.empty()) pattern.refuse("String", "is empty");
  made.replacements.emplace_back(std::move(from), json.text("content"));
}

void read_strip(JsonReader& json, Decoder& made) {
  const std::string content = json.text("content");
  const int64_t start = json.integer("start", 0, 0);
  json.only("stop", 0);
  if (content.size() > 4 || start > 4)
    json.refuse("start", "is " + std::to_string(start) + " times '" + content + "'",
                "at most 4 characters at the start are supported");
  for (int64_t i = 0; i < start; ++i) made.prefix += content;
}

void read_step(JsonReader json, Decoder& made) {
  const std::string type = json.text("type");
  if (type == "ByteLevel") {
    json.ignore({"add_prefix_space", "trim_offsets", "use_regex"});
  } else if (type == "Metaspace") {
    const Metaspace metaspace = read_metaspace(json);
    made.replacements.emplace_back(metaspace.replacement, " ");
    if (metaspace.prefix) made.prefix.assign(1, ' ');
  } else if (type == "Replace") {
    read_replace(json, made);
  } else if (type == "Strip") {
    read_strip(json, made);
  } else if (type == "Sequence") {
    for (const JsonReader& step : json.objects("decoders")) read_step(step, made);
  } else if (type != "ByteFallback" && type != "Fuse") {
    json.refuse("type", "is '" + type + "', which is not supported",
                "known: ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Sequence, Strip");
  }
  json.finish();
}

}  // namespace

std::string Decoder::text_of(std::string token) const {
  for (const auto& [from, to] : replacements) replace_all(token, from, to);
  return token;
}

Decoder read_decoder(JsonReader json) {
  Decoder made;
  read_step(std::move(json), made);
  return made;
}

}  // namespace sinkmoe::data
