// The options of plug-ins: a struct where they are declared and used, names and values elsewhere.
//
//   struct Options {
//     double init = 0;
//     static void fields(auto& o, auto&& f) {
//       f({.key = "init", .help = "first value of the sink", .lo = -100, .hi = 100}, o.init);
//     }
//   };
//
// The plug-in registers options_of<Options>() and reads config.attention.chosen<Options>().
#pragma once

#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/names.h"
#include "core/registry.h"

namespace sinkmoe::config {

using sinkmoe::FieldInfo;
using sinkmoe::FieldValue;

// A field's value without its type: an enumeration is its text.
template <class T>
FieldValue to_field_value(const T& value) {
  if constexpr (std::is_enum_v<T>)
    return name_of(value);
  else
    return value;
}

template <class T>
void from_field_value(const FieldValue& from, T& value) {
  if constexpr (std::is_enum_v<T>)
    value = parse_name<T>(std::get<std::string>(from));
  else
    value = std::get<T>(from);
}

// What is known of a field of type T: the choices of an enumeration stand in its table.
template <class T>
FieldInfo with_choices(FieldInfo info) {
  if constexpr (std::is_enum_v<T>) info.choices = all_names<T>();
  return info;
}

template <class T>
std::vector<Option> options_of() {
  std::vector<Option> options;
  T defaults;
  T::fields(defaults, [&](const FieldInfo& info, const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    options.push_back({with_choices<Value>(info), to_field_value(value)});
  });
  return options;
}

// Values of the options of all plug-ins of one kind. What is not set has its default.
class PluginOptions {
 public:
  explicit PluginOptions(const char* kind) : kind_(kind) {}
  const char* kind() const { return kind_; }

  // Throws std::logic_error for an option that the plug-in does not declare, or a value of another
  // type; an integer may be given for a real number. `shared`: set by a key that several plug-ins
  // read, so that it is no mistake where the chosen one reads it too.
  void set(const std::string& plugin, const std::string& option, FieldValue value,
           bool shared = false);
  FieldValue get(const std::string& plugin, const std::string& option) const;
  bool is_shared(const std::string& plugin, const std::string& option) const;

  template <class T>
  T as(const std::string& plugin) const {
    T options;
    T::fields(options, [&](const FieldInfo& info, auto& value) {
      from_field_value(get(plugin, info.key), value);
    });
    return options;
  }

 private:
  struct Entry {
    FieldValue value;
    bool shared;
  };
  const char* kind_;
  std::map<std::pair<std::string, std::string>, Entry> entries_;  // only what is not the default
};

// An option by its place: the plug-in that declares it, in the section that chooses a plug-in.
struct OptionName {
  std::string section, kind, plugin;
  Option option;
  std::string key() const { return section + "." + plugin + "." + option.info.key; }
  // The key in stored texts: key(), unless the option had another one before.
  std::string stored() const { return *option.info.stored_as ? option.info.stored_as : key(); }
};

// Every option of the plug-ins that `section` may choose, by plug-in and in the order of
// declaration.
std::vector<OptionName> options_in(const std::string& section, const std::string& kind);

}  // namespace sinkmoe::config
