#include "config/plugins/foreign.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "config/field_view.h"
#include "core/text/suggest.h"

namespace sinkmoe::config {

namespace {

// The chosen plug-in of one section, and the values of its options.
struct Choice {
  std::string chooser, chosen;  // "attention.kind", "vanilla"
  const PluginOptions& options;
  std::vector<OptionName> all;

  FieldValue value(const OptionName& name) const {
    return options.get(name.plugin, name.option.info.key);
  }
  bool chosen_stores(const std::string& stored) const {
    for (const OptionName& name : all)
      if (name.plugin == chosen && name.stored() == stored) return true;
    return false;
  }
  // True if the option is set, and only another plug-in reads it.
  bool foreign(const OptionName& name) const {
    if (name.plugin == chosen || value(name) == name.option.default_value) return false;
    return !options.is_shared(name.plugin, name.option.info.key) || !chosen_stores(name.stored());
  }
};

// In a condition of skip_if, texts have single quotes.
std::string condition_literal(const FieldValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text ? "'" + *text + "'" : bare_text(value);
}

// The nearest option of the chosen plug-in; if none is near, all of its options.
std::string own_options(const Choice& choice, const OptionName& name) {
  std::vector<std::string> keys, options;
  for (const OptionName& own : choice.all)
    if (own.plugin == choice.chosen) {
      keys.push_back(own.key());
      options.emplace_back(own.option.info.key);
    }
  const std::vector<std::string> near = near_names(name.option.info.key, options, 1);
  for (size_t i = 0; i < options.size(); ++i)
    if (!near.empty() && options[i] == near[0]) return "; did you mean '" + keys[i] + "'?";
  return keys.empty() ? "" : fmt::format("; {} reads {}", choice.chosen, fmt::join(keys, ", "));
}

// `same`: options of several plug-ins that were set by their shared key.
Inconsistency refusal(const Choice& choice, const std::vector<OptionName>& same) {
  const OptionName& first = same[0];
  const std::string key = same.size() == 1 ? first.key() : first.stored();
  std::vector<std::string> readers, keys;
  for (const OptionName& name : same) {
    readers.push_back(name.plugin);
    keys.push_back(name.key());
  }
  keys.push_back(choice.chooser);
  const std::string owners = fmt::format("{} = {}", choice.chooser, fmt::join(readers, " or "));
  return {keys,
          {fmt::format("{} = {} is an option of {}; {} = {} does not read it", key,
                       value_text(choice.value(first)), owners, choice.chooser, choice.chosen),
           "",
           fmt::format("set {}, or take {} out{}; in a sweep: skip_if = \"{} == '{}' && {} != {}\"",
                       owners, key, own_options(choice, first), choice.chooser, choice.chosen, key,
                       condition_literal(first.option.default_value))}};
}

void find_in(const Choice& choice, std::vector<Inconsistency>& found) {
  std::vector<OptionName> left;
  for (const OptionName& name : choice.all)
    if (choice.foreign(name)) left.push_back(name);
  while (!left.empty()) {
    const OptionName first = left[0];
    const auto shared = [&](const OptionName& name) {
      return choice.options.is_shared(name.plugin, name.option.info.key);
    };
    std::vector<OptionName> same, others;
    for (const OptionName& name : left) {
      const bool with_first = shared(first) && shared(name) && name.stored() == first.stored();
      (name.key() == first.key() || with_first ? same : others).push_back(name);
    }
    found.push_back(refusal(choice, same));
    left = others;
  }
}

}  // namespace

std::vector<Inconsistency> find_foreign_options(const RunConfig& config) {
  std::vector<Inconsistency> found;
  std::map<std::string, std::string> choosers;
  for_each_field(config, [&](const std::string& key, const FieldInfo& info, const auto&) {
    if (*info.plugin) choosers[info.plugin] = key;
  });
  for_each_choice(config, [&](const std::string& section, const std::string& chosen,
                              const PluginOptions& options) {
    const auto plugins = plugin_table().find(options.kind());
    if (plugins == plugin_table().end() || !plugins->second.contains(chosen)) return;
    find_in({choosers[options.kind()], chosen, options, options_in(section, options.kind())},
            found);
  });
  return found;
}

}  // namespace sinkmoe::config
