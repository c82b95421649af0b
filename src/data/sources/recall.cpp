// Data source "recall": multi-query associative recall (after Arora et al., arXiv 2312.04927).
//
// A row is BOS, then key-value pairs, then slots of two tokens. `queries` of the slots hold a
// question: one of the row's keys and its value, the "answer". The others hold blanks. Slot s (from
// 1) gets a question with weight s^-gap_power, without repetition. The pair is drawn independently
// for each question, so that only the key tells the value. Validation rows hold `pairs` pairs;
// training rows hold 1 to `pairs` with equal probability, because rows with few pairs help to learn
// rows with many. Of n symbols the first half are keys, the last is the blank, and the others are
// values. The keys of a row are distinct, its values need not be.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/hash.h"
#include "core/registry.h"
#include "core/text/number.h"
#include "data/synthetic/common_options.h"
#include "data/synthetic/pairs.h"
#include "data/synthetic/synthetic_source.h"

namespace sinkmoe::data {
namespace {

constexpr uint8_t kAnswerPart = 0, kFillerPart = 1;

struct Options : PairOptions {
  int64_t chain_seed = 1;
  double gap_power = 1;

  static void fields(auto& o, auto&& f) {
    f(common::symbols, o.symbols);
    f(common::chain_seed, o.chain_seed);
    f(common::pairs, o.pairs);
    f(common::queries, o.queries);
    f({.key = "gap_power",
       .help = "slot s gets a question with weight s^-gap_power",
       .lo = 0,
       .hi = 10,
       .stored_as = "data.gap_power"},
      o.gap_power);
  }
};

std::string identity(const config::DataConfig& data) {
  const auto options = data.chosen<Options>();
  check_pairs(options, options.symbols / 2, data.context);
  return sha256_hex("recall 1\nsymbols=" + std::to_string(options.symbols) + "\npairs=" +
                    std::to_string(options.pairs) + "\nqueries=" + std::to_string(options.queries) +
                    "\ngap_power=" + shortest(options.gap_power) +
                    "\nchain_seed=" + std::to_string(options.chain_seed) + "\n");
}

class Recall : public SyntheticSource {
 public:
  Recall(const Options& options, const std::string& hash)
      : SyntheticSource("recall", options.chain_seed),
        options_(options),
        hash_(hash),
        keys_(options.symbols / 2),
        blank_(static_cast<int32_t>(options.symbols - 1)) {}

  int64_t vocabulary() const override { return options_.symbols + 1; }
  int32_t bos() const override { return static_cast<int32_t>(options_.symbols); }

  std::vector<std::string> parts() const override { return {"answer", "filler"}; }

  // An answer is the value of a key that the row held before.
  void parts_of(std::span<const int32_t> row, std::span<uint8_t> part) const override {
    assert(part.size() + 1 == row.size());
    std::vector<uint8_t> seen(static_cast<size_t>(keys_), 0);
    for (size_t t = 0; t < part.size(); ++t) {
      part[t] = kFillerPart;
      if (row[t] >= keys_) continue;
      uint8_t& before = seen[static_cast<size_t>(row[t])];
      if (before) part[t] = kAnswerPart;
      before = 1;
    }
  }

  std::string content_hash() const override { return hash_; }

 private:
  void fill(Draw draw, bool training, std::span<int32_t> row) const override {
    const int64_t pairs =
        training ? 1 + static_cast<int64_t>(draw.below(static_cast<uint64_t>(options_.pairs)))
                 : options_.pairs;
    std::fill(row.begin(), row.end(), blank_);
    row[0] = bos();
    const std::vector<int64_t> keys = choose(draw, keys_, pairs);
    const auto values = static_cast<uint64_t>(blank_ - keys_);
    for (size_t i = 0; i < keys.size(); ++i) {
      row[1 + 2 * i] = static_cast<int32_t>(keys[i]);
      row[2 + 2 * i] = static_cast<int32_t>(keys_ + static_cast<int64_t>(draw.below(values)));
    }
    const size_t first_slot = 1 + 2 * keys.size();
    for (const size_t slot : choose_slots(draw, (row.size() - first_slot) / 2)) {
      const size_t asked = 1 + 2 * draw.below(keys.size());
      std::copy_n(&row[asked], 2, &row[first_slot + 2 * slot]);
    }
  }

  // Chooses `queries` of `count` slots: the smallest of exponential waiting times with rates
  // s^-power are a weighted choice without repetition.
  std::vector<size_t> choose_slots(Draw& draw, size_t count) const {
    std::vector<std::pair<double, size_t>> waits;
    for (size_t s = 0; s < count; ++s)
      waits.emplace_back(
          -std::log(1 - draw.uniform()) * std::pow(static_cast<double>(s + 1), options_.gap_power),
          s);
    const auto end = waits.begin() + options_.queries;
    std::partial_sort(waits.begin(), end, waits.end());
    std::vector<size_t> slots;
    for (auto it = waits.begin(); it != end; ++it) slots.push_back(it->second);
    return slots;
  }

  Options options_;
  std::string hash_;
  int64_t keys_;
  int32_t blank_;
};

const Registration<SourceKind> registration{{
    .name = "recall",
    .help = "multi-query associative recall: key-value pairs, then questions at power-law gaps",
    .options = config::options_of<Options>(),
    .parts = {{"answer", "loss on the answers (recall, needle)"},
              {"filler", "loss on targets that are not answers (recall, needle)"}},
    .open =
        [](const config::DataConfig& data) {
          return std::make_unique<Recall>(data.chosen<Options>(), identity(data));
        },
    .identity = identity,
}};

}  // namespace
}  // namespace sinkmoe::data
