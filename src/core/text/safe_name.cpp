#include "core/text/safe_name.h"

#include <algorithm>
#include <cctype>

namespace sinkmoe {

namespace {

bool all_of(std::string_view name, std::string_view marks) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || marks.find(c) != std::string_view::npos;
  });
}

}  // namespace

bool safe_name(std::string_view name) {
  return name.size() <= 64 && !name.starts_with('.') && all_of(name, "._-");
}

bool safe_experiment_name(std::string_view name) {
  return name.size() <= kExperimentName && !name.starts_with('.') && all_of(name, "._-+=,@");
}

}  // namespace sinkmoe
