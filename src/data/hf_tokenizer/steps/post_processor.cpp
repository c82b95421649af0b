#include "data/hf_tokenizer/steps/post_processor.h"

namespace sinkmoe::data {

bool puts_special_token_first(JsonReader json) {
  const std::string type = json.text("type");
  bool first = false;
  if (type == "ByteLevel") {  // changes offsets only
    json.ignore({"add_prefix_space", "trim_offsets", "use_regex"});
  } else if (type == "TemplateProcessing") {
    json.ignore({"pair", "special_tokens"});
    std::vector<JsonReader> single = json.objects("single");
    first = !single.empty() && single[0].has("SpecialToken");
  } else if (type == "Sequence") {
    for (const JsonReader& step : json.objects("processors"))
      first = puts_special_token_first(step) || first;
  } else {
    json.refuse("type", "is '" + type + "', which is not supported",
                "known: ByteLevel, Sequence, TemplateProcessing");
  }
  json.finish();
  return first;
}

}  // namespace sinkmoe::data
