#include "config/compose/layers.h"
#include "config/field_view.h"

namespace sinkmoe::config {

namespace {

std::string line(const FieldView& view) { return view.key + " = " + view.value + "\n"; }

}  // namespace

std::string canonical_text(const std::vector<FieldView>& views) {
  std::string text;
  for (const FieldView& view : views) text += line(view);
  return text;
}

std::string identity_text(const std::vector<FieldView>& views) {
  std::string text;
  for (const FieldView& view : views)
    if (view.info.identity && view.value != view.default_value) text += line(view);
  return text;
}

std::string canonical_text(const RunConfig& config) { return canonical_text(field_views(config)); }
std::string identity_text(const RunConfig& config) { return identity_text(field_views(config)); }
std::vector<FieldView> field_views(const RunConfig& config) { return collect_views(config); }

RunConfig parse_canonical(const std::string& text, const std::string& where) {
  return compose(settings_of(parse_toml(text, where), where, where), ForeignOptions::kept).config;
}

const std::vector<std::string>& field_keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> names;
    for (const FieldView& view : field_views({})) names.push_back(view.key);
    return names;
  }();
  return keys;
}

std::string field_type(const std::string& key) {
  static const std::map<std::string, std::string> types = [] {
    std::map<std::string, std::string> by_key;
    for (const FieldView& view : field_views({})) by_key[view.key] = view.type;
    return by_key;
  }();
  const auto it = types.find(key);
  return it == types.end() ? "" : it->second;
}

std::vector<Difference> differences(const RunConfig& a, const RunConfig& b) {
  const std::vector<FieldView> left = field_views(a), right = field_views(b);
  std::vector<Difference> result;
  for (size_t i = 0; i < left.size(); ++i)
    if (left[i].value != right[i].value)
      result.push_back({left[i].key, left[i].value, right[i].value});
  return result;
}

}  // namespace sinkmoe::config
