// The options of plug-ins: a struct in the plug-in's file, names and values everywhere else.
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

// The value of a field without its C++ type; an enumeration becomes its text.
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

// Completes the description of a field of type T: an enumeration adds the choices of its table.
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

// The values of the options of all plug-ins of one kind. An option that is not set has its default.
class PluginOptions {
 public:
  explicit PluginOptions(const char* kind) : kind_(kind) {}
  const char* kind() const { return kind_; }

  // Throws std::logic_error for an option that the plug-in does not declare, or a value of another
  // type; an integer is accepted for a real number. `shared`: set by a key that several plug-ins
  // share, which is allowed if the chosen plug-in shares it too.
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
  std::map<std::pair<std::string, std::string>, Entry>
      entries_;  // only values that are not the default
};

// An option with the plug-in that declares it and the section that chooses the plug-in.
struct OptionName {
  std::string section, kind, plugin;
  Option option;
  std::string key() const { return section + "." + plugin + "." + option.info.key; }
  // The key in stored texts: key(), unless the option had another key before.
  std::string stored() const { return *option.info.stored_as ? option.info.stored_as : key(); }
};

// Every option of the plug-ins that `section` may choose, by plug-in, in the order of declaration.
std::vector<OptionName> options_in(const std::string& section, const std::string& kind);

}  // namespace sinkmoe::config
