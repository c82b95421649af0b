#include "config/compose/canonical.h"

#include <algorithm>

#include "config/compose/layers.h"

namespace sinkmoe::config {

namespace {

std::string line(const FieldView& view) {
  return view.stored + " = " + value_text(view.value) + "\n";
}

const FieldView* find(const std::vector<FieldView>& views, const std::string& stored) {
  const auto it = std::find_if(views.begin(), views.end(), [&](const FieldView& view) {
    return view.in_use && view.stored == stored;
  });
  return it == views.end() ? nullptr : &*it;
}

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

std::string section_text(const RunConfig& config,
                         std::initializer_list<std::string_view> sections) {
  return canonical_text(collect_views(config, {sections.begin(), sections.size()}));
}

bool RunConfig::operator==(const RunConfig& other) const {
  return canonical_text(*this) == canonical_text(other);
}

RunConfig parse_canonical(const std::string& text, const std::string& where) {
  return compose(settings_of(parse_toml(text, where), where, where), ForeignOptions::kept).config;
}

std::vector<Difference> differences(const RunConfig& a, const RunConfig& b) {
  const std::vector<FieldView> left = field_views(a), right = field_views(b);
  std::vector<Difference> result;
  for (const FieldView& view : left) {
    if (!view.in_use) continue;
    const FieldView* other = find(right, view.stored);
    if (other ? other->value != view.value : view.value != view.default_value)
      result.push_back({view.key, value_text(view.value), other ? value_text(other->value) : ""});
  }
  for (const FieldView& view : right)
    if (view.in_use && view.value != view.default_value && !find(left, view.stored))
      result.push_back({view.key, "", value_text(view.value)});
  return result;
}

}  // namespace sinkmoe::config
