#include "data/hf_tokenizer/steps/metaspace.h"

namespace sinkmoe::data {

Metaspace read_metaspace(JsonReader& json) {
  Metaspace made{.replacement = json.text("replacement"), .split = json.boolean("split", true)};
  if (made.replacement.empty() || made.replacement.size() > 4)
    json.refuse("replacement", "is '" + made.replacement + "', expected one character");
  json.ignore({"str_rep"});
  const std::string scheme = json.text("prepend_scheme", "always");
  if (scheme == "always")
    made.prefix = PrefixAt::every_text;
  else if (scheme == "first")
    made.prefix = PrefixAt::start_of_document;
  else if (scheme != "never")
    json.refuse("prepend_scheme", "is '" + scheme + "'", "known: always, first, never");
  if (!json.boolean("add_prefix_space", true)) {
    if (json.has("prepend_scheme") && scheme != "never")
      json.refuse("add_prefix_space", "is not what 'prepend_scheme' says");
    made.prefix = {};
  }
  return made;
}

}  // namespace sinkmoe::data
