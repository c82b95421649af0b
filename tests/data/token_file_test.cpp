#include "data/tokens/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>

#include "core/file.h"
#include "core/hash.h"
#include "data/tokens/token_writer.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::string kSource = sha256_hex("source"), kTokenizer = sha256_hex("tokenizer");

class TokenFileTest : public ScratchFolder {
 protected:
  // ids 0, 1, 2 stand for 1, 2, 3 bytes; 3 is BOS.
  std::string small_file() {
    TokenWriter writer(folder_ / "t.tokens", {.byte_lengths = {1, 2, 3, 0}, .bos = 3});
    writer.append(std::vector<int32_t>{2, 0, 1});
    writer.append(std::vector<int32_t>{1});
    writer.finish(kSource, kTokenizer);
    return read_file(folder_ / "t.tokens", 1 << 20);
  }
};

// Writes the right content hash into a file that was changed by hand.
std::string sealed(std::string content) {
  content.replace(168, 64, std::string(64, '0'));
  return content.replace(168, 64, sha256_hex(content));
}

std::string refusal(const std::string& content) {
  return refusal_of([&] { TokenFile(content, "t.tokens"); });
}

template <class T>
std::string with(std::string content, size_t at, T value) {
  std::memcpy(content.data() + at, &value, sizeof value);
  return sealed(content);
}

TEST_F(TokenFileTest, KeepsIdsBytesAndHashes) {
  const std::string content = small_file();
  const TokenFile file(content, "t.tokens");
  std::vector<int32_t> ids(4);
  file.copy(0, ids);
  EXPECT_EQ(ids, (std::vector<int32_t>{2, 0, 1, 1}));
  ids.resize(2);
  file.copy(2, ids);
  EXPECT_EQ(ids, (std::vector<int32_t>{1, 1}));
  EXPECT_EQ(file.info().text_bytes, 8u);
  EXPECT_EQ(file.info().source_hash, kSource);
  EXPECT_EQ(file.info().tokenizer_hash, kTokenizer);
  EXPECT_EQ(file.bytes_of(2), 3);
  EXPECT_EQ(file.info().id_bytes, 2u);
}

TEST_F(TokenFileTest, BytesOnDiskAreThoseOfTheHeaderComment) {
  const std::string content = small_file();
  EXPECT_EQ(content.size(), 232u + 4 * 2 + 4 * 2);
  EXPECT_EQ(content.substr(0, 28),
            std::string("SMTOKENS\1\0\0\0\2\0\0\0\4\0\0\0\3\0\0\0\4\0\0\0", 28));
  EXPECT_EQ(content.substr(32, 8), std::string("\10\0\0\0\0\0\0\0", 8));
  EXPECT_EQ(content.substr(232), std::string("\1\0\2\0\3\0\0\0"
                                             "\2\0\0\0\1\0\1\0",
                                             16));
  EXPECT_EQ(sealed(content), content);
}

TEST_F(TokenFileTest, TheHeaderAloneTellsTheSame) {
  const TokenFile file(small_file(), "t.tokens");
  const TokenFileInfo info = read_token_info(folder_ / "t.tokens");
  EXPECT_EQ(info.content_hash, file.info().content_hash);
  EXPECT_EQ(info.count, 4u);
}

TEST_F(TokenFileTest, LargeVocabulariesTakeFourBytesAnId) {
  std::vector<uint16_t> lengths(70000, 2);
  lengths[69999] = 0;
  TokenWriter writer(folder_ / "big.tokens", {.byte_lengths = lengths, .bos = 69999});
  writer.append(std::vector<int32_t>{69998, 0, 65536});
  writer.finish(kSource, kTokenizer);
  const TokenFile file(folder_ / "big.tokens");
  std::vector<int32_t> ids(3);
  file.copy(0, ids);
  EXPECT_EQ(ids, (std::vector<int32_t>{69998, 0, 65536}));
  EXPECT_EQ(file.info().id_bytes, 4u);
}

TEST_F(TokenFileTest, RefusesEveryFieldThatCannotBe) {
  const std::string good = small_file();
  const struct {
    std::string content;
    const char* says;
  } cases[] = {
      {"", "byte 0: the file is too short"},
      {good.substr(0, 100), "byte 100: the file is too short"},
      {with(good, 0, 'X'), "byte 0: not a token file"},
      {with<uint32_t>(good, 8, 3), "byte 8: token file version 3"},
      {with<uint32_t>(good, 12, 4), "byte 12: 4 bytes an id"},
      {with<uint32_t>(good, 16, 0), "byte 16: a vocabulary of 0"},
      {with<uint32_t>(good, 16, UINT32_MAX), "byte 16: a vocabulary of"},
      {with<uint32_t>(good, 20, 4), "byte 20: BOS is outside"},
      {with<uint64_t>(good, 24, 0), "byte 24: the file holds no tokens"},
      {with<uint64_t>(good, 24, UINT64_MAX), "the header says 18446744073709551615 ids"},
      {with<uint64_t>(good, 24, uint64_t{1} << 63), "the header says"},
      {with<uint64_t>(good, 32, 9), "byte 32: the ids stand for 8 bytes"},
      {with(good, 40, 'X'), "byte 40: not a hash"},
      {with<uint16_t>(good, 242, 4), "byte 242: id 4 is outside the vocabulary of 4"},
      {with<uint16_t>(good, 242, 3), "byte 242: BOS inside the text"},
      {sealed(good + "x"), "byte 248: the header says 4 ids, the file has 249 bytes"},
      {good.substr(0, good.size() - 1), "byte 247: the header says 4 ids, the file has 247 bytes"}};
  for (const auto& c : cases) EXPECT_THAT(refusal(c.content), HasSubstr(c.says)) << c.says;
}

TEST_F(TokenFileTest, AnyFlippedBitIsFound) {
  const std::string good = small_file();
  ASSERT_EQ(refusal(good), "(accepted)");
  for (size_t bit = 0; bit < 8 * good.size(); ++bit) {
    std::string bad = good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(refusal(bad), "(accepted)") << "bit " << bit;
  }
}

TEST_F(TokenFileTest, RandomBytesAreRefused) {
  const std::string good = small_file();
  EXPECT_TRUE(rc::check([&](const std::vector<uint8_t>& tail) {
    std::string content = good.substr(0, *rc::gen::inRange<size_t>(0, 240));
    content.append(tail.begin(), tail.end());
    RC_ASSERT(content == good || refusal(content) != "(accepted)");
  }));
}

TEST_F(TokenFileTest, MissingFilesSayWhatMakesThem) {
  for (const auto& action :
       {+[](const fs::path& p) { read_token_info(p); }, +[](const fs::path& p) { TokenFile{p}; }})
    EXPECT_THAT(refusal_of([&] { action(folder_ / "no.tokens"); }), HasSubstr("no.tokens"));
  EXPECT_THAT(refusal_of([&] { read_token_info(folder_); }), HasSubstr("data import"));
}

TEST_F(TokenFileTest, BosStandsOnlyWhereDocumentsStart) {
  TokenWriter writer(folder_ / "d.tokens",
                     {.byte_lengths = {1, 2, 3, 0}, .bos = 3, .documents = true});
  writer.append(std::vector<int32_t>{3, 2, 0, 3, 1});
  writer.finish(kSource, kTokenizer);
  const std::string content = read_file(folder_ / "d.tokens", 1 << 20);
  const TokenFile file(folder_ / "d.tokens");
  EXPECT_TRUE(file.info().documents);
  EXPECT_EQ(file.info().text_bytes, 6u);
  EXPECT_EQ(file.document_starts(), (std::vector<uint64_t>{0, 3}));
  EXPECT_THAT(refusal(with<uint32_t>(content, 8, 1)), HasSubstr("BOS inside the text"));
  EXPECT_THAT(refusal(with<uint16_t>(content, 240, 1)), HasSubstr("byte 240: no BOS before"));
}

TEST_F(TokenFileTest, AWriterContinuesAfterAFinishedPiece) {
  const TokenWriter::Layout layout{.byte_lengths = {1, 2, 3, 0}, .bos = 3};
  const std::string whole = small_file();
  TokenCount kept;
  {
    TokenWriter writer(folder_ / "c.tokens", layout);
    writer.append(std::vector<int32_t>{2, 0, 1});
    kept = writer.count();
    EXPECT_EQ(writer.end_piece(), sha256_hex(std::string("\2\0\0\0\1\0", 6)));
    writer.append(std::vector<int32_t>{0, 0, 0, 0});  // lost
  }
  EXPECT_THAT(refusal(read_file(folder_ / "c.tokens", 1 << 20)), HasSubstr("not a token file"));
  EXPECT_EQ(hash_of_piece(folder_ / "c.tokens", layout, 1, 3),
            sha256_hex(std::string("\0\0\1\0", 4)));
  EXPECT_EQ(hash_of_piece(folder_ / "c.tokens", layout, 0, 30), "");
  TokenWriter writer(folder_ / "c.tokens", layout, kept);
  writer.append(std::vector<int32_t>{1});
  writer.finish(kSource, kTokenizer);
  EXPECT_EQ(read_file(folder_ / "c.tokens", 1 << 20), whole);
}

}  // namespace
}  // namespace sinkmoe::data
