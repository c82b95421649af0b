// Configurations of plug-ins with options, by name. Not for objects of static storage: the plug-ins
// may not be registered yet.
#pragma once

#include <map>
#include <string>

#include "config/run_config.h"

namespace sinkmoe::testing {

using OptionValues = std::map<std::string, config::FieldValue>;

inline config::DataConfig source_config(const std::string& source, const OptionValues& values,
                                        int64_t context = 64) {
  config::DataConfig data{.source = source, .context = context};
  for (const auto& [option, value] : values) data.options.set(source, option, value);
  return data;
}

}  // namespace sinkmoe::testing
