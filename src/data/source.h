// The interface of data sources. A source is one file in data/sources/ with one
// Registration<SourceKind>.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "core/run/input.h"

namespace sinkmoe::data {

// A row holds `context` + 1 token ids: inputs row[0..T-1] and targets row[1..T]. row[0] is BOS,
// which is never a target. All functions are const, thread-safe and pure: equal arguments give
// equal rows in every run, arm and process.
class DataSource {
 public:
  virtual ~DataSource() = default;
  virtual int64_t vocabulary() const = 0;  // BOS included
  virtual int32_t bos() const = 0;
  // Training row `index` of `step`, for the run's seed.
  virtual void train_row(uint64_t seed, int64_t step, int64_t index,
                         std::span<int32_t> row) const = 0;
  // Fixed validation rows, without overlap; `eval_rows()` of them.
  virtual int64_t eval_rows() const = 0;
  virtual void eval_row(int64_t index, std::span<int32_t> row) const = 0;
  // Number of rows in the test split (eval.split = "test"), which shares nothing with the other
  // two; 0: the source has none.
  virtual int64_t test_rows() const { return 0; }
  virtual void test_row(int64_t index, std::span<int32_t> row) const;
  // Number of the file that a held-out row belongs to, in the order of `inputs`; -1: rows are not
  // those of single files.
  virtual int64_t file_of(config::Split, int64_t /*row*/) const { return -1; }
  // Bytes of text of the targets of this row; nullopt if the source is not text (then there are no
  // bits per byte).
  virtual std::optional<int64_t> target_bytes(std::span<const int32_t> row) const = 0;
  // Names of the loss parts ("backcopy", "chain"), empty if there is just one.
  virtual std::vector<std::string> parts() const { return {}; }
  // part[t] = index into parts() of target row[t + 1]; part.size() == row.size() - 1.
  virtual void parts_of(std::span<const int32_t> row, std::span<uint8_t> part) const;
  // Loss of a perfect model in nats per target, if known.
  virtual std::optional<double> floor_nats() const { return {}; }
  // Hash of everything that decides the rows, of what was opened.
  virtual std::string content_hash() const = 0;
  // The same of the test rows, where the other hash does not cover them; "": it does.
  virtual std::string test_hash() const { return ""; }
};

// A part of the targets whose loss is a separate metric, eval/loss_NAME.
struct LossPart {
  std::string name, help;  // help: "loss on the answers"
};

struct SourceKind {
  static constexpr const char* kind = "source";
  std::string name, help;
  std::vector<Option> options = {};
  std::vector<LossPart> parts = {};  // as DataSource::parts
  // Opens the source. Throws Error if it does not fit the config (missing path, context longer than
  // the data).
  std::function<std::unique_ptr<DataSource>(const config::DataConfig&)> open;
  // The content hash, without loading more than a header. Throws Error like open.
  std::function<std::string(const config::DataConfig&)> identity;
  // The hash of the test split, if `identity` does not cover it; empty: it does.
  std::function<std::string(const config::DataConfig&)> test_identity = {};
  // What the source consists of, for the database: splits (rows: all that it has), their files,
  // tokenizer. Empty: it has no parts.
  std::function<std::vector<InputRow>(const config::DataConfig&)> inputs = {};
};

// The loss parts of all sources, each name once.
std::vector<LossPart> loss_parts();

std::unique_ptr<DataSource> open_source(const config::DataConfig& config);
std::string source_identity(const config::DataConfig& config);

// Everything a run reads, one line for each content hash: "source HASH", then, where evaluations
// read more, "task NAME HASH" and "test HASH". Reads headers and task files. Throws Error as open.
std::string data_contents(const config::RunConfig& config);
// The same of what was opened; `tasks` is TaskSet::identity.
std::string opened_contents(const config::RunConfig& config, const DataSource& source,
                            const std::string& tasks);

// Everything a run reads but weights, with the number of held-out rows that its last evaluation
// reads. Throws Error as open.
std::vector<InputRow> data_inputs(const config::RunConfig& config);

// One hash of data_contents; the source's own hash if the run reads nothing else. Part of the
// run_id.
std::string data_digest(const std::string& contents);
std::string data_identity(const config::RunConfig& config);  // data_digest(data_contents(config))

// Throws Error, with both hashes of everything that differs, if the data found is not the data of
// the plan.
void require_same_data(const std::string& planned, const std::string& found,
                       const config::RunConfig& config);

}  // namespace sinkmoe::data
