// Converts numbers to text and back, independent of the locale.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sinkmoe {

// Shortest decimal text that reads back as the same double ("0.01", "1e-05", "1000").
std::string shortest(double value);

// The number that the whole text spells, without blanks or a leading '+'. Nothing if it is not a
// number, does not fit, or is not finite. For int32_t, int64_t, uint64_t and double.
template <class T>
std::optional<T> parse_number(std::string_view text);

}  // namespace sinkmoe
