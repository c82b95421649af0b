// Plug-ins by name. A plug-in file holds one static Registration, and no other file names it.
//
//   namespace { const Registration<Variant> reg{{.name = "sink", .help = "...", .make = ...}}; }
//
// `plugin_table()` knows plug-ins and their options without the plug-in's type, so that names and
// options are checked by modules that lie below the plug-ins. Where a program links no plug-in of a
// kind, its names are not checked.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/error.h"
#include "core/text/suggest.h"

namespace sinkmoe {

// One key of the configuration, without its value.
struct FieldInfo {
  const char* key;
  const char* help;
  const char* unit = "";
  double lo = -std::numeric_limits<double>::infinity();
  double hi = std::numeric_limits<double>::infinity();
  std::vector<std::string> choices = {};  // allowed texts, empty: any
  const char* plugin = "";  // choices are the plug-ins of this kind: "variant", "loss", "source"
  bool identity = true;     // false: does not change results (threads, log cadence, folders)
  // For an option that had another key when the first runs were stored: that key. Identities and
  // databases use it, and it is still accepted as input.
  const char* stored_as = "";
};
using FieldValue = std::variant<bool, int64_t, double, std::string>;

// One option of a plug-in. Its key is SECTION.PLUGIN.OPTION: attention.gated.form.
struct Option {
  FieldInfo info;
  FieldValue default_value;
};

struct PluginInfo {
  std::string name, help;
  std::vector<Option> options;
};

// kind -> name -> info, filled by static constructors.
std::map<std::string, std::map<std::string, PluginInfo>>& plugin_table();
std::vector<std::string> plugin_names(const std::string& kind);

// T needs: static constexpr const char* kind; std::string name, help. It may have
// std::vector<Option> options.
template <class T>
class Registry {
 public:
  static std::map<std::string, T>& all() {
    static std::map<std::string, T> entries;
    return entries;
  }
  // Throws Error with the nearest names if `name` is unknown.
  static const T& get(const std::string& name) {
    const auto it = all().find(name);
    if (it == all().end())
      throw Error("unknown " + std::string(T::kind) + " '" + name + "'", "",
                  did_you_mean(name, plugin_names(T::kind)));
    return it->second;
  }
};

template <class T>
struct Registration {
  explicit Registration(T entry) {
    if (Registry<T>::all().contains(entry.name))
      throw std::logic_error("two plug-ins '" + entry.name + "' of kind " + T::kind);
    PluginInfo info{entry.name, entry.help, {}};
    if constexpr (requires { entry.options; }) info.options = entry.options;
    plugin_table()[T::kind][entry.name] = info;
    Registry<T>::all().emplace(entry.name, std::move(entry));
  }
};

}  // namespace sinkmoe
