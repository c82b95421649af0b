// Data source "text": rows from a folder written by `sinkmoe data import`.
#include <cassert>

#include "core/error.h"
#include "core/random.h"
#include "core/registry.h"
#include "core/text/count.h"
#include "data/held_out_files.h"
#include "data/source.h"
#include "data/text_set.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

enum class Files { joined, whole };
constexpr auto names_of(Files) {
  return names<Files>("reading of files", {{Files::joined, "joined"}, {Files::whole, "whole"}});
}

struct Options {
  Files files = Files::joined;
  int64_t file = 0;
  static void fields(auto& o, auto&& f) {
    f({.key = "files",
       .help = "held-out rows: joined: of the files joined by name, in this order; whole: of each "
               "file by itself, in a fixed random order, so that any number of them is spread over "
               "all files"},
      o.files);
    f({.key = "file",
       .help = "held-out rows: of this file alone, read as whole files are; counted from 1 in the "
               "order of names; 0: of all files",
       .lo = 0,
       .hi = 1e6},
      o.file);
  }
};

// The rows of one held-out split.
struct HeldOutRows {
  struct Row {
    int64_t file;  // -1: not of a single file
    uint64_t first_token;
  };
  std::vector<Row> rows;
  std::vector<HeldOutFile> files;  // if they are known
};

// A last piece of the split, or of a file, that is shorter than a row is left out.
void add_rows(HeldOutRows& held_out, int64_t file, uint64_t first, uint64_t tokens,
              int64_t context) {
  const auto T = static_cast<uint64_t>(context);
  for (uint64_t at = 0; at + T <= tokens; at += T) held_out.rows.push_back({file, first + at});
}

HeldOutRows held_out_rows(const config::DataConfig& config, const fs::path& folder,
                          const std::string& split, const TokenFile& tokens) {
  HeldOutRows held_out;
  const Options& options = config.chosen<Options>();
  const bool whole = options.file > 0 || options.files == Files::whole;
  try {
    held_out.files = held_out_files(folder, split, tokens);
  } catch (const Error&) {
    if (whole) throw;  // else the files are only named in the database
  }
  if (!whole) {
    add_rows(held_out, -1, 0, tokens.size(), config.context);
    return held_out;
  }
  for (int64_t i = 0; i < std::ssize(held_out.files); ++i)
    if (const HeldOutFile& file = held_out.files[i]; options.file == 0 || options.file == i + 1)
      add_rows(held_out, i, file.first_token, file.tokens, config.context);
  if (held_out.rows.empty() && options.file <= std::ssize(held_out.files))
    throw Error("no file of the " + split + " split that data.text.file allows is as long as a row",
                folder.string(), "lower data.context, or use data.text.files = \"joined\"");
  Draw draw(0, "text/files");
  shuffle(draw, std::span(held_out.rows));
  return held_out;
}

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
        valid_(set_.folder / "valid.tokens"),
        valid_rows_(held_out_rows(config, set_.folder, "valid", valid_)) {
    if (set_.test) {
      test_.emplace(set_.folder / "test.tokens");
      test_rows_ = held_out_rows(config, set_.folder, "test", *test_);
    }
    const auto valid = std::ssize(valid_rows_.files), test = std::ssize(test_rows_.files);
    if (const int64_t file = config.chosen<Options>().file; file > std::max(valid, test))
      throw Error("data.text.file is " + std::to_string(file) + ", the set has " +
                      counted(valid, "file") + " to validate and " + counted(test, "file") +
                      " to test",
                  set_.folder.string(), "choose a file that is there; 0 means all");
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

  int64_t eval_rows() const override { return static_cast<int64_t>(valid_rows_.rows.size()); }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    fill(valid_, valid_rows_.rows.at(static_cast<size_t>(index)).first_token, row);
  }

  int64_t test_rows() const override { return static_cast<int64_t>(test_rows_.rows.size()); }
  void test_row(int64_t index, std::span<int32_t> row) const override {
    fill(test_.value(), test_rows_.rows.at(static_cast<size_t>(index)).first_token, row);
  }

  int64_t file_of(config::Split split, int64_t row) const override {
    return (split == config::Split::test ? test_rows_ : valid_rows_)
        .rows.at(static_cast<size_t>(row))
        .file;
  }

  std::optional<int64_t> target_bytes(std::span<const int32_t> row) const override {
    int64_t bytes = 0;
    for (int32_t id : row.subspan(1)) bytes += train_.bytes_of(id);
    return bytes;
  }

  std::string content_hash() const override { return text_set_hash(train_.info(), valid_.info()); }
  std::string test_hash() const override { return test_ ? test_->info().content_hash : ""; }

 private:
  void fill(const TokenFile& file, uint64_t first, std::span<int32_t> row) const {
    assert(static_cast<int64_t>(row.size()) == context_ + 1);
    row[0] = bos();
    file.copy(first, row.subspan(1));
  }

  int64_t context_;
  TextSet set_;
  TokenFile train_, valid_;
  HeldOutRows valid_rows_, test_rows_;
  std::optional<TokenFile> test_;
};

InputRow split_row(const std::string& split, const fs::path& folder, const TokenFileInfo& info) {
  return {.part = split,
          .name = fs::weakly_canonical(folder).filename().string(),
          .sha256 = info.content_hash,
          .tokens = static_cast<int64_t>(info.count),
          .bytes = static_cast<int64_t>(info.text_bytes)};
}

void add_held_out(std::vector<InputRow>& inputs, const config::DataConfig& config,
                  const fs::path& folder, const std::string& split) {
  const TokenFile tokens(folder / (split + ".tokens"));
  const HeldOutRows held_out = held_out_rows(config, folder, split, tokens);
  inputs.push_back(split_row(split, folder, tokens.info()));
  inputs.back().rows = static_cast<int64_t>(held_out.rows.size());
  std::vector<std::optional<int64_t>> rows(held_out.files.size());
  for (const HeldOutRows::Row& row : held_out.rows)
    if (row.file >= 0) rows[static_cast<size_t>(row.file)] = rows[row.file].value_or(0) + 1;
  for (size_t i = 0; i < held_out.files.size(); ++i) {
    const HeldOutFile& file = held_out.files[i];
    inputs.push_back({.part = split + " file",
                      .ordinal = static_cast<int64_t>(i),
                      .name = file.name,
                      .sha256 = file.sha256,
                      .tokens = static_cast<int64_t>(file.tokens),
                      .bytes = static_cast<int64_t>(file.bytes),
                      .rows = rows[i]});
  }
}

std::vector<InputRow> inputs(const config::DataConfig& config) {
  const TextSet set = checked_set(config);
  std::vector<InputRow> rows = {split_row("train", set.folder, set.train)};
  add_held_out(rows, config, set.folder, "valid");
  if (set.test) add_held_out(rows, config, set.folder, "test");
  rows.push_back({.part = "tokenizer",
                  .name = fs::exists(set.folder / kJsonName)    ? kJsonName
                          : fs::exists(set.folder / kModelName) ? kModelName
                                                                : "bytes",
                  .sha256 = set.train.tokenizer_hash,
                  .tokens = set.train.vocabulary});
  return rows;
}

const Registration<SourceKind> registration{{
    .name = "text",
    .help = "a folder of text imported with `sinkmoe data import` (data.path)",
    .options = config::options_of<Options>(),
    .open = [](const config::DataConfig& config) { return std::make_unique<Text>(config); },
    .identity = [](const config::DataConfig& config) { return checked_set(config).hash; },
    .test_identity = test_identity,
    .inputs = inputs,
}};

}  // namespace
}  // namespace sinkmoe::data
