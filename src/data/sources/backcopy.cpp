// Data source "backcopy": endless rows of the synthetic task in data/synthetic/backcopy.h; no text, no files.
#include "data/synthetic/backcopy.h"

#include <cassert>

#include "core/random.h"
#include "core/registry.h"
#include "data/synthetic/alias_table.h"
#include "data/synthetic/synthetic_source.h"

namespace sinkmoe::data {
namespace {

constexpr uint8_t kBackcopyPart = 0, kChainPart = 1;

class Backcopy : public SyntheticSource {
 public:
  Backcopy(const BackcopyOptions& options, int64_t context)
      : SyntheticSource("backcopy", options.chain_seed),
        options_(options),
        task_(make_backcopy(options)),
        start_(task_.start, task_.symbols),
        chain_(task_.transition, task_.symbols),
        floor_(backcopy_floor(task_, context, options.bos)) {}

  int64_t vocabulary() const override { return task_.symbols + 1; }
  int32_t bos() const override { return task_.bos; }

  std::vector<std::string> parts() const override { return {"backcopy", "chain"}; }

  void parts_of(std::span<const int32_t> row, std::span<uint8_t> part) const override {
    assert(part.size() + 1 == row.size());
    part[0] = kChainPart;
    for (size_t t = 1; t < part.size(); ++t)
      part[t] = task_.copies(row[t - 1], row[t]) ? kBackcopyPart : kChainPart;
  }

  std::optional<double> floor_nats() const override { return floor_.nats; }
  std::string content_hash() const override { return backcopy_hash(options_); }

 private:
  void fill(Draw draw, bool, std::span<int32_t> row) const override {
    assert(row.size() >= 2);
    if (options_.bos) {
      row[0] = task_.bos;
      row = row.subspan(1);
    }
    row[0] = start_.draw(0, draw.next64());
    if (row.size() > 1) row[1] = chain_.draw(row[0], draw.next64());
    for (size_t t = 2; t < row.size(); ++t)
      row[t] = task_.copies(row[t - 2], row[t - 1]) ? row[t - 2]
                                                    : chain_.draw(row[t - 1], draw.next64());
  }

  BackcopyOptions options_;
  BackcopyTask task_;
  AliasTable start_, chain_;
  BackcopyFloor floor_;
};

const Registration<SourceKind> registration{{
    .name = "backcopy",
    .help = "synthetic Markov chain whose triggers copy the symbol before them (E22)",
    .options = config::options_of<BackcopyOptions>(),
    .parts = {{"backcopy", "loss on positions decided by the backcopy rule (E22)"},
              {"chain", "loss on positions drawn from the Markov chain (E22)"}},
    .open =
        [](const config::DataConfig& data) {
          return std::make_unique<Backcopy>(data.chosen<BackcopyOptions>(), data.context);
        },
    .identity =
        [](const config::DataConfig& data) {
          return backcopy_hash(data.chosen<BackcopyOptions>());
        },
}};

}  // namespace
}  // namespace sinkmoe::data
