// Data source "text": rows from a folder written by `sinkmoe data import`.
#include <cassert>

#include "core/error.h"
#include "core/random.h"
#include "core/registry.h"
#include "data/source.h"
#include "data/text_set.h"

namespace sinkmoe::data {
namespace {

TextSet checked_set(const config::DataConfig& config) {
  TextSet set = read_text_set(config.path);
  std::vector<Problem> problems;
  for (const auto& [name, info] :
       {std::pair("train.tokens", set.train), std::pair("valid.tokens", set.valid)})
    if (info.count < static_cast<uint64_t>(config.context))
      problems.push_back({"data.context is " + std::to_string(config.context) +
                              ", the file holds " + std::to_string(info.count) + " tokens",
                          (set.folder / name).string(), "lower data.context or import more text"});
  if (!problems.empty()) throw Error(problems);
  return set;
}

std::string test_identity(const config::DataConfig& config) {
  const TextSet set = checked_set(config);
  if (!set.test || set.test->count < static_cast<uint64_t>(config.context))
    throw Error("the set has no test split of at least one row", set.folder.string(),
                "import the text with a 'test' folder, or use eval.split = \"valid\"");
  return set.test->content_hash;
}

class Text : public DataSource {
 public:
  explicit Text(const config::DataConfig& config)
      : context_(config.context),
        set_(checked_set(config)),
        train_(set_.folder / "train.tokens"),
        valid_(set_.folder / "valid.tokens") {
    if (set_.test) test_.emplace(set_.folder / "test.tokens");
  }

  int64_t vocabulary() const override { return set_.train.vocabulary; }
  int32_t bos() const override { return static_cast<int32_t>(set_.train.bos); }

  // BOS, then a window that starts anywhere in the text with equal probability.
  void train_row(uint64_t seed, int64_t step, int64_t index,
                 std::span<int32_t> row) const override {
    Draw draw(seed, "text/train", static_cast<uint64_t>(step), static_cast<uint64_t>(index));
    const uint64_t targets = row.size() - 1;
    fill(train_, draw.below(train_.size() - targets + 1), row);
  }

  // Splits the text into rows from its beginning; a last piece shorter than a row is left out.
  int64_t eval_rows() const override { return whole_rows(valid_); }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    assert(index >= 0 && index < eval_rows());
    fill(valid_, static_cast<uint64_t>(index * context_), row);
  }

  int64_t test_rows() const override { return test_ ? whole_rows(*test_) : 0; }
  void test_row(int64_t index, std::span<int32_t> row) const override {
    assert(index >= 0 && index < test_rows());
    fill(*test_, static_cast<uint64_t>(index * context_), row);
  }

  std::optional<int64_t> target_bytes(std::span<const int32_t> row) const override {
    int64_t bytes = 0;
    for (int32_t id : row.subspan(1)) bytes += train_.bytes_of(id);
    return bytes;
  }

  std::string content_hash() const override { return text_set_hash(train_.info(), valid_.info()); }
  std::string test_hash() const override { return test_ ? test_->info().content_hash : ""; }

 private:
  int64_t whole_rows(const TokenFile& file) const {
    return static_cast<int64_t>(file.size()) / context_;
  }

  void fill(const TokenFile& file, uint64_t first, std::span<int32_t> row) const {
    assert(static_cast<int64_t>(row.size()) == context_ + 1);
    row[0] = bos();
    file.copy(first, row.subspan(1));
  }

  int64_t context_;
  TextSet set_;
  TokenFile train_, valid_;
  std::optional<TokenFile> test_;
};

const Registration<SourceKind> registration{{
    .name = "text",
    .help = "a folder of text imported with `sinkmoe data import` (data.path)",
    .open = [](const config::DataConfig& config) { return std::make_unique<Text>(config); },
    .identity = [](const config::DataConfig& config) { return checked_set(config).hash; },
    .test_identity = test_identity,
}};

}  // namespace
}  // namespace sinkmoe::data
