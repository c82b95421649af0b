// Data source "recall": multi-query associative recall (after Arora et al., arXiv 2312.04927).
//
// A row is BOS, then data.pairs key-value pairs side by side, then slots of two tokens. In
// data.queries of the slots stands a key of before and its value, the "answer"; the others hold
// blanks. Every pair is asked for once before any is asked for again. Slot s (from 1) is asked in
// with weight s^-data.gap_power, without repetition. With n symbols the first half are keys, the
// last is the blank, those between are values; keys of a row differ, values need not.
#include <algorithm>
#include <cassert>
#include <cmath>

#include "core/hash.h"
#include "core/registry.h"
#include "core/text.h"
#include "data/pairs.h"
#include "data/source.h"

namespace sinkmoe {
namespace {

constexpr uint8_t kAnswerPart = 0, kFillerPart = 1;

std::string identity(const DataConfig& config) {
  check_pairs(config, config.symbols / 2);
  return sha256_hex("recall 1\nsymbols=" + std::to_string(config.symbols) + "\npairs=" +
                    std::to_string(config.pairs) + "\nqueries=" + std::to_string(config.queries) +
                    "\ngap_power=" + shortest(config.gap_power) +
                    "\nchain_seed=" + std::to_string(config.chain_seed) + "\n");
}

class Recall : public DataSource {
 public:
  explicit Recall(const DataConfig& config)
      : config_(config),
        hash_(identity(config)),
        keys_(config.symbols / 2),
        blank_(static_cast<int32_t>(config.symbols - 1)),
        first_slot_(static_cast<size_t>(1 + 2 * config.pairs)) {}

  int64_t vocabulary() const override { return config_.symbols + 1; }
  int32_t bos() const override { return static_cast<int32_t>(config_.symbols); }

  void train_row(uint64_t seed, int64_t step, int64_t index,
                 std::span<int32_t> row) const override {
    fill(Draw(seed, "recall/train", static_cast<uint64_t>(step), static_cast<uint64_t>(index)),
         row);
  }

  int64_t eval_rows() const override { return int64_t{1} << 20; }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    fill(Draw(static_cast<uint64_t>(config_.chain_seed), "recall/valid", 0,
              static_cast<uint64_t>(index)),
         row);
  }

  std::optional<int64_t> target_bytes(std::span<const int32_t>) const override { return {}; }
  std::vector<std::string> parts() const override { return {"answer", "filler"}; }

  // After the pairs a key is always a question.
  void parts_of(std::span<const int32_t> row, std::span<uint8_t> part) const override {
    assert(part.size() + 1 == row.size());
    for (size_t t = 0; t < part.size(); ++t)
      part[t] = t >= first_slot_ && row[t] < keys_ ? kAnswerPart : kFillerPart;
  }

  std::string content_hash() const override { return hash_; }

 private:
  void fill(Draw draw, std::span<int32_t> row) const {
    std::fill(row.begin(), row.end(), blank_);
    row[0] = bos();
    const std::vector<int64_t> keys = choose(draw, keys_, config_.pairs);
    for (size_t i = 0; i < keys.size(); ++i) {
      row[1 + 2 * i] = static_cast<int32_t>(keys[i]);
      row[2 + 2 * i] = static_cast<int32_t>(
          keys_ + static_cast<int64_t>(draw.below(static_cast<uint64_t>(blank_ - keys_))));
    }
    const std::vector<int64_t> asked = choose_questions(draw, config_);
    const std::vector<size_t> slots = choose_slots(draw, (row.size() - first_slot_) / 2);
    for (size_t i = 0; i < asked.size(); ++i)
      for (size_t k : {0u, 1u})
        row[first_slot_ + 2 * slots[i] + k] = row[1 + 2 * static_cast<size_t>(asked[i]) + k];
  }

  // data.queries of `count` slots: the smallest of exponential waiting times with rates s^-power
  // are a weighted choice without repetition.
  std::vector<size_t> choose_slots(Draw& draw, size_t count) const {
    std::vector<std::pair<double, size_t>> waits;
    for (size_t s = 0; s < count; ++s)
      waits.emplace_back(
          -std::log(1 - draw.uniform()) * std::pow(static_cast<double>(s + 1), config_.gap_power),
          s);
    const auto end = waits.begin() + config_.queries;
    std::partial_sort(waits.begin(), end, waits.end());
    std::vector<size_t> slots;
    for (auto it = waits.begin(); it != end; ++it) slots.push_back(it->second);
    return slots;
  }

  DataConfig config_;
  std::string hash_;
  int64_t keys_;
  int32_t blank_;
  size_t first_slot_;
};

const Registration<SourceKind> registration{{
    .name = "recall",
    .help = "multi-query associative recall: key-value pairs, then questions at power-law gaps",
    .open = [](const DataConfig& config) { return std::make_unique<Recall>(config); },
    .identity = identity,
}};

}  // namespace
}  // namespace sinkmoe
