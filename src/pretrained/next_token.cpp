#include "pretrained/next_token.h"

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/random.h"

namespace sinkmoe::pretrained {

void check_ids(std::span<const int32_t> ids, int64_t vocabulary) {
  for (const int32_t id : ids)
    if (id < 0 || id >= vocabulary)
      throw Error("token " + std::to_string(id) + " is not among the " +
                      std::to_string(vocabulary) + " of the model",
                  "text");
}

int32_t choose_next(std::span<const float> logits, const Choice& choice, uint64_t index) {
  const auto top = std::max_element(logits.begin(), logits.end());
  if (choice.temperature <= 0) return static_cast<int32_t>(top - logits.begin());
  std::vector<double> weight;
  double sum = 0;
  for (const float logit : logits)
    sum += weight.emplace_back(std::exp((static_cast<double>(logit) - *top) / choice.temperature));
  Draw draw(choice.seed, "sample", 0, index);
  double left = draw.uniform() * sum;
  for (size_t i = 0; i < weight.size(); ++i)
    if ((left -= weight[i]) < 0) return static_cast<int32_t>(i);
  return static_cast<int32_t>(top - logits.begin());  // rounding left a rest
}

}  // namespace sinkmoe::pretrained
