// Enumerations, each with one table of texts next to it:
//
//   enum class Device { cpu, cuda };
//   constexpr auto names_of(Device) {
//     return names<Device>("device", {{Device::cpu, "cpu"}, {Device::cuda, "cuda"}});
//   }
//
// Then name_of(Device::cuda) is "cuda", parse_name<Device>("cuda") is Device::cuda, and
// parse_name<Device>("gpu") throws "no device 'gpu'; known: cpu, cuda". Code compares values, never
// texts. Two texts of one value, or two values of one text, do not compile.
#pragma once

#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/text/suggest.h"

namespace sinkmoe {

template <class E>
struct Named {
  E value;
  std::string_view text;
};

template <class E, size_t N>
struct Names {
  std::string_view noun;  // "device": for the message about a text that is not in the table
  std::array<Named<E>, N> all;
};

template <class E, size_t N>
consteval Names<E, N> names(std::string_view noun, const Named<E> (&list)[N]) {
  for (size_t i = 0; i < N; ++i)
    for (size_t j = 0; j < i; ++j)
      if (list[i].value == list[j].value || list[i].text == list[j].text)
        throw std::logic_error("a value or text is repeated");
  return {noun, std::to_array(list)};
}

// The text of a value. Throws std::logic_error for a value that is missing in its table.
template <class E>
std::string name_of(E value) {
  constexpr auto table = names_of(E{});
  for (const Named<E>& entry : table.all)
    if (entry.value == value) return std::string(entry.text);
  throw std::logic_error(std::string(table.noun) + " without a text");
}

template <class E>
std::optional<E> find_name(std::string_view text) {
  constexpr auto table = names_of(E{});
  for (const Named<E>& entry : table.all)
    if (entry.text == text) return entry.value;
  return std::nullopt;
}

// All texts, in the order of the table.
template <class E>
std::vector<std::string> all_names() {
  constexpr auto table = names_of(E{});
  std::vector<std::string> texts;
  for (const Named<E>& entry : table.all) texts.emplace_back(entry.text);
  return texts;
}

// The value of a text. Throws Error with the nearest and all known texts; `where` is the place of
// the text.
template <class E>
E parse_name(std::string_view text, const std::string& where = "") {
  if (const auto value = find_name<E>(text)) return *value;
  constexpr auto table = names_of(E{});
  throw Error("no " + std::string(table.noun) + " '" + std::string(text) + "'", where,
              known_names(text, all_names<E>()));
}

}  // namespace sinkmoe
