// Data source "needle": key-value pairs hidden in chain text, asked for at the end of the row.
//
// Of n symbols the last quarter are keys, the others follow the Markov chain of
// data/synthetic/backcopy.h (without triggers). A row is BOS and chain text. data.pairs pairs of a
// key and a uniformly drawn chain symbol are inserted at random places, and the row ends with
// data.queries questions: one of these keys, followed by its value, the "answer". The keys of a row
// are distinct.
#include <algorithm>
#include <cassert>

#include "core/hash.h"
#include "core/registry.h"
#include "data/synthetic/alias_table.h"
#include "data/synthetic/backcopy.h"
#include "data/synthetic/pairs.h"
#include "data/synthetic/synthetic_source.h"

namespace sinkmoe::data {
namespace {

constexpr uint8_t kAnswerPart = 0, kFillerPart = 1;

int64_t key_count(const config::DataConfig& config) { return config.symbols / 4; }

config::DataConfig chain_fields(const config::DataConfig& config) {
  return {.symbols = config.symbols - key_count(config),
          .triggers = 1,
          .chain_seed = config.chain_seed,
          .zipf = config.zipf,
          .sharp = config.sharp};
}

std::string identity(const config::DataConfig& config) {
  check_pairs(config, key_count(config));
  return sha256_hex("needle 1\nchain=" + backcopy_hash(chain_fields(config)) + "\nsymbols=" +
                    std::to_string(config.symbols) + "\npairs=" + std::to_string(config.pairs) +
                    "\nqueries=" + std::to_string(config.queries) + "\n");
}

class Needle : public SyntheticSource {
 public:
  explicit Needle(const config::DataConfig& config)
      : SyntheticSource("needle", config),
        hash_(identity(config)),
        chain_(make_backcopy(chain_fields(config))),
        start_(chain_.stationary, chain_.symbols),
        next_(chain_.transition, chain_.symbols) {}

  int64_t vocabulary() const override { return config_.symbols + 1; }
  int32_t bos() const override { return static_cast<int32_t>(config_.symbols); }

  std::vector<std::string> parts() const override { return {"answer", "filler"}; }

  void parts_of(std::span<const int32_t> row, std::span<uint8_t> part) const override {
    assert(part.size() + 1 == row.size());
    const size_t questions = first_question(row);
    for (size_t t = 0; t < part.size(); ++t)
      part[t] = t >= questions && (t - questions) % 2 == 0 ? kAnswerPart : kFillerPart;
  }

  std::string content_hash() const override { return hash_; }

 private:
  size_t first_question(std::span<const int32_t> row) const {
    return row.size() - static_cast<size_t>(2 * config_.queries);
  }

  void fill(Draw draw, bool, std::span<int32_t> row) const override {
    const size_t questions = first_question(row);
    std::vector<int64_t> keys = choose(draw, key_count(config_), config_.pairs), values;
    for (size_t i = 0; i < keys.size(); ++i)
      values.push_back(static_cast<int64_t>(draw.below(static_cast<uint64_t>(chain_.symbols))));
    const auto put = [&](size_t at, size_t pair) {
      row[at] = static_cast<int32_t>(chain_.symbols + keys[pair]);
      row[at + 1] = static_cast<int32_t>(values[pair]);
    };

    // Fills slots of two tokens in order: with a pair if one is hidden there, otherwise with text.
    const auto slots = static_cast<int64_t>((questions - 1) / 2);
    std::vector<int64_t> hidden(static_cast<size_t>(slots), -1);
    const std::vector<int64_t> places = choose(draw, slots, config_.pairs);
    for (size_t i = 0; i < places.size(); ++i)
      hidden[static_cast<size_t>(places[i])] = static_cast<int64_t>(i);
    row[0] = bos();
    int32_t last = -1;
    for (size_t t = 1; t < questions; ++t) {
      const size_t slot = (t - 1) / 2;
      if (slot < hidden.size() && hidden[slot] >= 0) {
        put(t++, static_cast<size_t>(hidden[slot]));
        continue;
      }
      row[t] = last = last < 0 ? start_.draw(0, draw.next64()) : next_.draw(last, draw.next64());
    }
    for (size_t at = questions; at < row.size(); at += 2) put(at, draw.below(keys.size()));
  }

  std::string hash_;
  BackcopyTask chain_;
  AliasTable start_, next_;
};

const Registration<SourceKind> registration{{
    .name = "needle",
    .help = "key-value pairs hidden in chain text and asked for at the end",
    .open = [](const config::DataConfig& config) { return std::make_unique<Needle>(config); },
    .identity = identity,
    .reads = {"data.symbols", "data.chain_seed", "data.zipf", "data.sharp", "data.pairs",
              "data.queries"},
}};

}  // namespace
}  // namespace sinkmoe::data
