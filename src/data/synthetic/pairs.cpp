#include "data/synthetic/pairs.h"

#include <numeric>
#include <string>

#include "core/error.h"

namespace sinkmoe::data {

std::vector<int64_t> choose(Draw& draw, int64_t from, int64_t count) {
  std::vector<int64_t> numbers(static_cast<size_t>(from));
  std::iota(numbers.begin(), numbers.end(), int64_t{0});
  for (int64_t i = 0; i < count; ++i)
    std::swap(numbers[static_cast<size_t>(i)],
              numbers[static_cast<size_t>(i) + draw.below(static_cast<uint64_t>(from - i))]);
  numbers.resize(static_cast<size_t>(count));
  return numbers;
}

void check_pairs(const PairOptions& options, int64_t keys, int64_t context) {
  const int64_t used = 2 * (options.pairs + options.queries);
  std::vector<Problem> problems;
  const std::string pairs = "data.pairs is " + std::to_string(options.pairs);
  if (options.pairs > keys)
    problems.push_back({pairs + ", but " + std::to_string(options.symbols) + " symbols hold " +
                            std::to_string(keys) + " keys",
                        "", "lower data.pairs or raise data.symbols"});
  if (used > context)
    problems.push_back({pairs + " with " + std::to_string(options.queries) + " queries: that is " +
                            std::to_string(used) + " tokens, but data.context is " +
                            std::to_string(context),
                        "", "raise data.context, or lower data.pairs or data.queries"});
  if (!problems.empty()) throw Error(problems);
}

}  // namespace sinkmoe::data
