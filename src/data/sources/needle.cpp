// Data source "needle": key-value pairs hidden in chain text, asked for at the end of the row.
//
// Of n symbols the last quarter are keys, the others follow the Markov chain of
// data/synthetic/backcopy.h (without triggers). A row is BOS and chain text. `pairs` pairs of a key
// and a uniformly drawn chain symbol are inserted at random places, and the row ends with `queries`
// questions: one of these keys, followed by its value, the "answer". The keys of a row are
// distinct.
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

struct Options : PairOptions {
  int64_t chain_seed = 1;
  double zipf = 1.0, sharp = 1.5;

  static void fields(auto& o, auto&& f) {
    f(common::symbols, o.symbols);
    f(common::chain_seed, o.chain_seed);
    f(common::zipf, o.zipf);
    f(common::sharp, o.sharp);
    f(common::pairs, o.pairs);
    f(common::queries, o.queries);
  }
};

int64_t key_count(const Options& options) { return options.symbols / 4; }

BackcopyOptions chain_options(const Options& options) {
  return {.symbols = options.symbols - key_count(options),
          .triggers = 1,
          .chain_seed = options.chain_seed,
          .zipf = options.zipf,
          .sharp = options.sharp};
}

std::string identity(const config::DataConfig& data) {
  const auto options = data.chosen<Options>();
  check_pairs(options, key_count(options), data.context);
  return sha256_hex("needle 1\nchain=" + backcopy_hash(chain_options(options)) + "\nsymbols=" +
                    std::to_string(options.symbols) + "\npairs=" + std::to_string(options.pairs) +
                    "\nqueries=" + std::to_string(options.queries) + "\n");
}

class Needle : public SyntheticSource {
 public:
  Needle(const Options& options, const std::string& hash)
      : SyntheticSource("needle", options.chain_seed),
        options_(options),
        hash_(hash),
        chain_(make_backcopy(chain_options(options))),
        start_(chain_.stationary, chain_.symbols),
        next_(chain_.transition, chain_.symbols) {}

  int64_t vocabulary() const override { return options_.symbols + 1; }
  int32_t bos() const override { return static_cast<int32_t>(options_.symbols); }

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
    return row.size() - static_cast<size_t>(2 * options_.queries);
  }

  void fill(Draw draw, bool, std::span<int32_t> row) const override {
    const size_t questions = first_question(row);
    std::vector<int64_t> keys = choose(draw, key_count(options_), options_.pairs), values;
    for (size_t i = 0; i < keys.size(); ++i)
      values.push_back(static_cast<int64_t>(draw.below(static_cast<uint64_t>(chain_.symbols))));
    const auto put = [&](size_t at, size_t pair) {
      row[at] = static_cast<int32_t>(chain_.symbols + keys[pair]);
      row[at + 1] = static_cast<int32_t>(values[pair]);
    };

    // Fills slots of two tokens in order: with a pair if one is hidden there, otherwise with text.
    const auto slots = static_cast<int64_t>((questions - 1) / 2);
    std::vector<int64_t> hidden(static_cast<size_t>(slots), -1);
    const std::vector<int64_t> places = choose(draw, slots, options_.pairs);
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

  Options options_;
  std::string hash_;
  BackcopyTask chain_;
  AliasTable start_, next_;
};

const Registration<SourceKind> registration{{
    .name = "needle",
    .help = "key-value pairs hidden in chain text and asked for at the end",
    .options = config::options_of<Options>(),
    .parts = {{"answer", "loss on the answers (recall, needle)"},
              {"filler", "loss on targets that are not answers (recall, needle)"}},
    .open =
        [](const config::DataConfig& data) {
          return std::make_unique<Needle>(data.chosen<Options>(), identity(data));
        },
    .identity = identity,
}};

}  // namespace
}  // namespace sinkmoe::data
