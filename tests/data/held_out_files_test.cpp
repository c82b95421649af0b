// Files of a held-out split, found again in the token file; rows that stay within a file.
#include "data/held_out_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "core/file.h"
#include "core/hash.h"
#include "data/source.h"
#include "data/text_set.h"
#include "data/tokens/import.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

using testing::HasSubstr;

class HeldOutFiles : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    put("text/train/a.txt", made_up_text(1, 4000));
    put("text/valid/b.txt", first_);
    put("text/valid/c.txt", "tiny");
    put("text/valid/d.txt", last_);
  }
  std::filesystem::path imported(const std::string& tokenizer) const {
    const std::filesystem::path out = folder_ / ("set_" + tokenizer);
    import_text({.corpus = {.folder = folder_ / "text"},
                 .out = out,
                 .tokenizer = tokenizer,
                 .vocabulary = 320});
    return out;
  }
  std::string first_ = made_up_text(2, 900), last_ = made_up_text(3, 500);
};

TEST_F(HeldOutFiles, AreFoundInTheTokensOfEachTokenizer) {
  for (const char* tokenizer : {"bytes", "bpe"}) {
    const auto folder = imported(tokenizer);
    const TokenFile tokens(folder / "valid.tokens");
    const std::vector<HeldOutFile> files = held_out_files(folder, "valid", tokens);
    ASSERT_EQ(files.size(), 3u);
    const std::string texts[] = {first_, "tiny", last_};
    const char* names[] = {"valid/b.txt", "valid/c.txt", "valid/d.txt"};
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(files[i].name, names[i]);
      EXPECT_EQ(files[i].bytes, texts[i].size());
      EXPECT_EQ(files[i].sha256, sha256_hex(texts[i]));
      std::vector<int32_t> ids(files[i].tokens);
      tokens.copy(files[i].first_token, ids);
      EXPECT_EQ(open_tokenizer(folder)->decode(ids), texts[i]) << tokenizer;
    }
  }
}

config::DataConfig config_of(const std::filesystem::path& folder, const std::string& files) {
  config::DataConfig config{.source = "text", .path = folder.string(), .context = 64};
  config.options.set("text", "files", files);
  return config;
}

// Whole files: every row is a piece of one file, all pieces are there once, and the first rows are
// not those of the first file alone.
TEST_F(HeldOutFiles, RowsOfWholeFilesAreAllTheirPieces) {
  const auto folder = imported("bytes");
  const auto source = open_source(config_of(folder, "whole"));
  const std::string texts[] = {first_, "tiny", last_};
  std::multiset<std::string> want, got;
  for (const std::string& text : texts)
    for (size_t at = 0; at + 64 <= text.size(); at += 64) want.insert(text.substr(at, 64));
  std::set<int64_t> early;
  std::vector<int32_t> row(65);
  for (int64_t i = 0; i < source->eval_rows(); ++i) {
    source->eval_row(i, row);
    EXPECT_EQ(row[0], source->bos());
    const std::string piece = byte_tokenizer()->decode(std::span<const int32_t>(row).subspan(1));
    const int64_t file = source->file_of(config::Split::valid, i);
    EXPECT_NE(texts[file].find(piece), std::string::npos);
    got.insert(piece);
    if (i < 10) early.insert(file);
  }
  EXPECT_EQ(got, want);
  EXPECT_EQ(early, (std::set<int64_t>{0, 2}));
}

// File 3 alone: all its pieces and no other. File 2 is shorter than a row, and there is no file 4.
TEST_F(HeldOutFiles, RowsOfOneFileAreItsPieces) {
  auto config = config_of(imported("bytes"), "joined");
  config.options.set("text", "file", int64_t{3});
  const auto source = open_source(config);
  std::multiset<std::string> want, got;
  for (size_t at = 0; at + 64 <= last_.size(); at += 64) want.insert(last_.substr(at, 64));
  std::vector<int32_t> row(65);
  for (int64_t i = 0; i < source->eval_rows(); ++i) {
    source->eval_row(i, row);
    EXPECT_EQ(source->file_of(config::Split::valid, i), 2);
    got.insert(byte_tokenizer()->decode(std::span<const int32_t>(row).subspan(1)));
  }
  EXPECT_EQ(got, want);
  config.options.set("text", "file", int64_t{2});
  EXPECT_THAT(refusal_of([&] { open_source(config); }), HasSubstr("is as long as a row"));
  config.options.set("text", "file", int64_t{4});
  EXPECT_THAT(
      refusal_of([&] { open_source(config); }),
      HasSubstr("data.text.file is 4, the set has 3 files to validate and 0 files to test"));
}

TEST_F(HeldOutFiles, JoinedRowsAreThoseOfTheJoinedText) {
  const auto folder = imported("bytes");
  const auto source = open_source(config_of(folder, "joined"));
  const std::string text = first_ + "tiny" + last_;
  EXPECT_EQ(source->eval_rows(), static_cast<int64_t>(text.size() / 64));
  std::vector<int32_t> row(65);
  source->eval_row(7, row);
  EXPECT_EQ(byte_tokenizer()->decode(std::span<const int32_t>(row).subspan(1)),
            text.substr(7 * 64, 64));
  EXPECT_EQ(source->file_of(config::Split::valid, 7), -1);
}

TEST_F(HeldOutFiles, AManifestOfOtherFilesIsRefused) {
  const auto folder = imported("bytes");
  const TokenFile tokens(folder / "valid.tokens");
  const std::string manifest = read_file(folder / "manifest.json", 1 << 20);
  auto refusal_with = [&](const std::string& was, const std::string& is) {
    std::string text = manifest;
    text.replace(text.find(was), was.size(), is);
    std::ofstream(folder / "manifest.json") << text;
    return refusal_of([&] { held_out_files(folder, "valid", tokens); });
  };
  EXPECT_THAT(refusal_with(sha256_hex(last_), sha256_hex(first_)),
              HasSubstr("not those of valid.tokens"));
  const std::string bytes = "\"bytes\": " + std::to_string(first_.size()) + ",";
  EXPECT_THAT(refusal_with(bytes, "\"bytes\": -1,"), HasSubstr("not described by"));
  EXPECT_THAT(refusal_with(bytes, "\"bytes\": 99,"), HasSubstr("longer than the listed files"));
  EXPECT_THAT(refusal_with(bytes, "\"bytes\": 99999999999,"), HasSubstr("valid/b.txt"));
  EXPECT_THAT(refusal_with("\"files\"", "\"other\""), HasSubstr("no list of files"));
  std::filesystem::remove(folder / "manifest.json");
  EXPECT_THAT(refusal_of([&] { held_out_files(folder, "valid", tokens); }), HasSubstr("missing"));
}

TEST_F(HeldOutFiles, InputsNameEverythingThatIsRead) {
  const auto folder = imported("bpe");
  config::RunConfig config;
  config.data = config_of(folder, "whole");
  config.eval.final_tokens = 1'000'000'000;
  const std::vector<InputRow> inputs = data_inputs(config);
  ASSERT_EQ(inputs.size(), 7u);
  EXPECT_EQ(inputs[0].part, "source");
  EXPECT_EQ(inputs[0].sha256, data_identity(config));
  EXPECT_EQ(inputs[1].part, "train");
  EXPECT_EQ(inputs[1].name, "set_bpe");
  EXPECT_EQ(inputs[1].bytes, static_cast<int64_t>(made_up_text(1, 4000).size()));
  EXPECT_EQ(inputs[2].part, "valid");
  EXPECT_EQ(inputs[2].bytes, static_cast<int64_t>(first_.size() + 4 + last_.size()));
  EXPECT_EQ(inputs[2].sha256, read_token_info(folder / "valid.tokens").content_hash);
  EXPECT_EQ(inputs[5].part, "valid file");
  EXPECT_EQ(inputs[5].ordinal, 2);
  EXPECT_EQ(inputs[5].name, "valid/d.txt");
  EXPECT_EQ(inputs[5].rows, *inputs[5].tokens / 64);
  EXPECT_EQ(*inputs[2].rows, *inputs[3].rows + *inputs[5].rows);
  EXPECT_FALSE(inputs[4].rows.has_value()) << "shorter than a row";
  EXPECT_EQ(inputs[6].part, "tokenizer");
  EXPECT_EQ(inputs[6].sha256, sha256_file(folder / "tokenizer.model"));
  EXPECT_EQ(inputs[6].tokens, 320);
  config.eval.final_tokens = 640;
  EXPECT_EQ(data_inputs(config)[2].rows, 10);
  EXPECT_FALSE(data_inputs(config)[3].rows.has_value()) << "nobody counted";
}

TEST(Inputs, OfASyntheticSource) {
  config::RunConfig config;
  const std::vector<InputRow> inputs = data_inputs(config);
  ASSERT_EQ(inputs.size(), 1u);
  EXPECT_EQ(inputs[0].name, "backcopy");
  EXPECT_EQ(inputs[0].sha256, data_identity(config));
  EXPECT_EQ(inputs[0].rows, 500000 / 64);
}

}  // namespace
}  // namespace sinkmoe::data
