// Files of text are read in blocks: compressed or not, plain or as JSON lines, good or damaged.
#include <gmock/gmock.h>

#include <set>

#include "data/compressed.h"
#include "data/documents/block_reader.h"
#include "data/documents/check_text.h"
#include "data/text_fixture.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class DocumentsTest : public ScratchFolder {
 protected:
  std::string read_all(const std::string& name) const {
    const auto path = folder_ / name;
    const auto stream = open_bytes(path, text_format(path).value().compression);
    std::string all, part(7, '\0');
    while (const size_t n = stream->read(part.data(), part.size())) all += part.substr(0, n);
    return all;
  }
  std::vector<RawBlock> blocks(const std::string& name, size_t bytes, uint64_t at = 0) const {
    const auto path = folder_ / name;
    BlockReader reader({.path = path, .format = text_format(path).value()}, at, {.bytes = bytes});
    std::vector<RawBlock> all;
    for (RawBlock block; reader.next(block);) all.push_back(block);
    return all;
  }
};

TEST(TextFormat, IsInTheEndings) {
  const auto format = text_format("a/b.JSONL.Gz");
  ASSERT_TRUE(format);
  EXPECT_TRUE(format->lines);
  EXPECT_EQ(format->compression, Compression::gzip);
  EXPECT_EQ(text_format("x.txt.zst")->compression, Compression::zstd);
  for (const char* other : {"x.gz", "x.json", ".txt", "txt", "x.txt.bz2", "x.txt.gz.zst"})
    EXPECT_FALSE(text_format(other)) << other;
  EXPECT_EQ(name_of_text("a/wiki.train.jsonl.zst"), "wiki.train");
  EXPECT_EQ(name_of_text("book.md"), "book");
}

TEST_F(DocumentsTest, CompressedBytesAreThoseBefore) {
  const std::string text = made_up_text(1, 40000);  // longer than what is read at once
  put("a.txt", text);
  put("b.txt.gz", gzipped(text));
  put("c.txt.zst", zstd_compressed(text));
  for (const char* name : {"a.txt", "b.txt.gz", "c.txt.zst"}) EXPECT_EQ(read_all(name), text);
  put("two.txt.gz", gzipped("one ") + gzipped("") + gzipped("two"));
  put("two.txt.zst", zstd_compressed("one ") + zstd_compressed("") + zstd_compressed("two"));
  EXPECT_EQ(read_all("two.txt.gz"), "one two");
  EXPECT_EQ(read_all("two.txt.zst"), "one two");
}

TEST_F(DocumentsTest, AFileThatIsCutAnywhereIsRefused) {
  const std::string text = made_up_text(1, 60);
  for (const auto& [name, all] :
       {std::pair("a.txt.gz", gzipped(text)), std::pair("a.txt.zst", zstd_compressed(text))})
    for (size_t n = 0; n < all.size(); ++n) {
      put(name, all.substr(0, n));
      EXPECT_THAT(refusal_of([&] { read_all(name); }),
                  AllOf(HasSubstr(name), HasSubstr("the file is cut"),
                        HasSubstr("byte " + std::to_string(n))))
          << n;
    }
}

TEST_F(DocumentsTest, OtherBytesAndDamageAreRefused) {
  for (const char* name : {"a.txt.gz", "a.txt.zst"}) {
    put(name, "just some text, not compressed at all");
    EXPECT_THAT(refusal_of([&] { read_all(name); }), HasSubstr("or damaged"));
    put(name, "version https://git-lfs.github.com/spec/v1\noid sha256:1\n");
    EXPECT_THAT(refusal_of([&] { read_all(name); }), HasSubstr("git lfs pull"));
  }
  std::string bad = gzipped("a text with a checksum");
  bad[bad.size() - 6] = static_cast<char>(bad[bad.size() - 6] ^ 1);
  put("a.txt.gz", bad);
  EXPECT_THAT(refusal_of([&] { read_all("a.txt.gz"); }), HasSubstr("gzip -t"));
}

TEST_F(DocumentsTest, ATextIsCutWhereNoTokenCrosses) {
  const std::string text = "  " + made_up_text(3, 2000) + "\n\n   \n end  \n\nx";
  put("a.txt", text);
  std::set<size_t> borders;
  for (size_t at = 0; at < text.size();) {
    borders.insert(at);
    at += first_chunk(std::string_view(text).substr(at));
  }
  std::string joined;
  const auto all = blocks("a.txt", 50);
  EXPECT_GT(all.size(), 5u);
  for (const RawBlock& block : all) {
    EXPECT_TRUE(borders.contains(block.at)) << block.at;
    EXPECT_EQ(block.at, joined.size());
    EXPECT_EQ(block.starts_document, block.at == 0);
    joined += block.bytes;
  }
  EXPECT_EQ(joined, text);
  for (const RawBlock& block : all)  // and each is a place from which to continue
    EXPECT_EQ(blocks("a.txt", 50, block.at).front().bytes, block.bytes);
}

TEST_F(DocumentsTest, ALongRunIsRefusedBeforeItFillsTheMemory) {
  put("a.txt", "a " + std::string(40 << 20, 'x'));
  EXPECT_THAT(refusal_of([&] { blocks("a.txt", 1 << 20); }),
              AllOf(HasSubstr("byte 2: "), HasSubstr("1048576 bytes without a space")));
}

TEST_F(DocumentsTest, LinesStayWholeAndAreCounted) {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "{\"text\": \"" + std::to_string(i) + "\"}\n";
  put("a.jsonl", lines);
  std::string texts;
  uint64_t line = 0;
  const auto all = blocks("a.jsonl", 100);
  for (const RawBlock& raw : all) {
    EXPECT_EQ(raw.at, line);
    const TextBlock block = text_of(raw);
    for (const uint64_t number : block.lines) EXPECT_EQ(number, line++);
    EXPECT_EQ(block.end, line);
    texts += block.text;
  }
  EXPECT_EQ(line, 1000u);
  EXPECT_EQ(texts.substr(0, 12), "012345678910");
  EXPECT_EQ(blocks("a.jsonl", 100, all.back().at).front().bytes, all.back().bytes);
}

TEST(JsonLines, GiveTheirTexts) {
  const TextBlock block = documents_of_lines(
      "\xEF\xBB\xBF{\"text\": \"a\\n\\u00e9\\ud83d\\ude00\", \"meta\": {\"text\": 3}, \"n\": [1, {}]}\r\n"
      "\n"
      "{\"id\": null, \"text\": \"\"}\n"
      " {\"text\":\"b\"} ",
      0, "f");
  EXPECT_EQ(block.text,
            "a\n\xC3\xA9\xF0\x9F\x98\x80"
            "b");
  EXPECT_THAT(block.starts, ElementsAre(0, 8));
  EXPECT_THAT(block.lines, ElementsAre(0, 3));
  EXPECT_EQ(block.empty, 1u);
  EXPECT_EQ(block.end, 4u);
}

TEST(JsonLines, RefuseWhatIsNoDocumentWithFileAndLine) {
  const struct {
    std::string line;
    const char* says;
  } cases[] = {{"nonsense", "not a JSON object"},
               {"[\"text\"]", "not a JSON object"},
               {"{\"text\": \"a\"", "not JSON at byte"},
               {"{\"text\": \"a\"} {}", "not JSON at byte"},
               {"{\"text\": \"\\ud800\"}", "not JSON at byte"},
               {"{\"content\": \"a\"}", "no field 'text'"},
               {"{\"meta\": {\"text\": \"a\"}}", "no field 'text'"},
               {"{\"text\": 3}", "the field 'text' is not a string"},
               {"{\"text\": null}", "the field 'text' is not a string"},
               {"{\"text\": {\"text\": \"a\"}}", "the field 'text' is not a string"},
               {"{\"text\": [\"a\"]}", "the field 'text' is not a string"},
               {"{\"text\": \"a\", \"text\": \"b\"}", "two fields 'text'"},
               {"{\"text\": \"\xFF\"}", "not UTF-8"},
               {"{\"text\": \"" + std::string(kMaxRun + 1, 'x') + "\"}", "without a space"}};
  for (const auto& c : cases)
    EXPECT_THAT(refusal_of([&] { documents_of_lines("{\"text\": \"a\"}\n" + c.line, 10, "f"); }),
                AllOf(HasSubstr("f: line 12"), HasSubstr(c.says)))
        << c.line.substr(0, 40);
}

}  // namespace
}  // namespace sinkmoe::data
