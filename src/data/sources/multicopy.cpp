// Data source "multicopy": endless rows of the synthetic task in data/synthetic/multicopy.h.
#include "data/synthetic/multicopy.h"

#include <algorithm>
#include <cassert>

#include "core/random.h"
#include "core/registry.h"
#include "data/synthetic/alias_table.h"
#include "data/synthetic/synthetic_source.h"

namespace sinkmoe::data {
namespace {

constexpr uint8_t kCopyPart = 0, kChainPart = 1;
constexpr int64_t kFloorTargets = 1 << 20;

class Multicopy : public SyntheticSource {
 public:
  Multicopy(const MulticopyOptions& options, int64_t context)
      : SyntheticSource("multicopy", options.chain_seed),
        options_(options),
        task_(make_multicopy(options)),
        start_(task_.chain.start, task_.chain.symbols),
        chain_(task_.chain.transition, task_.chain.symbols),
        floor_(sampled_floor(context)) {}

  int64_t vocabulary() const override { return task_.chain.symbols + 1; }
  int32_t bos() const override { return task_.chain.bos; }

  std::vector<std::string> parts() const override { return {"copy", "chain"}; }

  void parts_of(std::span<const int32_t> row, std::span<uint8_t> part) const override {
    assert(part.size() + 1 == row.size());
    for (size_t t = 0; t < part.size(); ++t)
      part[t] = task_.copied_from(row, t + 1) ? kCopyPart : kChainPart;
  }

  std::optional<double> floor_nats() const override { return floor_; }
  std::string content_hash() const override { return multicopy_hash(options_); }

 private:
  void fill(Draw draw, bool, std::span<int32_t> row) const override {
    assert(row.size() >= 2);
    const size_t first = options_.bos ? 1 : 0;
    row[0] = task_.chain.bos;
    row[first] = start_.draw(0, draw.next64());
    for (size_t t = first + 1; t < row.size(); ++t) {
      const auto from = task_.copied_from(row, t);
      row[t] = from ? row[*from] : chain_.draw(row[t - 1], draw.next64());
    }
  }

  // Loss of a predictor that knows chain and rule: the entropies of the distributions from which
  // the positions are drawn, averaged over about a million targets (standard error below 0.002
  // nats).
  double sampled_floor(int64_t context) const {
    const BackcopyTask& chain = task_.chain;
    std::vector<double> nats(static_cast<size_t>(chain.symbols + 1), entropy_nats(chain.start));
    for (int64_t i = 0; i < chain.symbols; ++i)
      nats[static_cast<size_t>(i)] = entropy_nats(chain.row(i));
    std::vector<int32_t> row(static_cast<size_t>(context + 1));
    const int64_t rows = std::max<int64_t>(1, kFloorTargets / context);
    double sum = 0;
    for (int64_t i = 0; i < rows; ++i) {
      fill(held_out("multicopy/floor", i), false, row);
      for (size_t t = 1; t < row.size(); ++t)
        if (!task_.copied_from(row, t)) sum += nats[static_cast<size_t>(row[t - 1])];
    }
    return sum / static_cast<double>(rows * context);
  }

  MulticopyOptions options_;
  MulticopyTask task_;
  AliasTable start_, chain_;
  double floor_;
};

const Registration<SourceKind> registration{{
    .name = "multicopy",
    .help =
        "synthetic Markov chain with several kinds of triggers, each with its own copy distance",
    .options = config::options_of<MulticopyOptions>(),
    .parts = {{"copy", "loss on positions decided by a copy rule (multicopy)"},
              {"chain", "loss on positions drawn from the Markov chain (E22)"}},
    .open =
        [](const config::DataConfig& data) {
          return std::make_unique<Multicopy>(data.chosen<MulticopyOptions>(), data.context);
        },
    .identity =
        [](const config::DataConfig& data) {
          return multicopy_hash(data.chosen<MulticopyOptions>());
        },
}};

}  // namespace
}  // namespace sinkmoe::data
