// Imports of compressed files and of JSON lines, and imports that are cut and continued.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/file.h"
#include "core/hash.h"
#include "data/compressed.h"
#include "data/import/import.h"
#include "data/import/journal.h"
#include "data/text_fixture.h"
#include "data/text_set.h"

namespace sinkmoe::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string json_line(const std::string& text) {
  std::string line = "{\"text\": \"";
  for (const char c : text) line += c == '\n' ? "\\n" : std::string(1, c);
  return line + "\"}\n";
}

class ImportStreamsTest : public ScratchFolder {
 protected:
  ImportRequest request(const std::string& text, const std::string& out,
                        const std::string& tokenizer = "bytes") const {
    return {.corpus = {.folder = folder_ / text},
            .out = folder_ / "data" / out,
            .tokenizer = tokenizer,
            .vocabulary = 320};
  }
  std::string tokens(const std::string& set, const std::string& split = "train") const {
    return read_file(folder_ / "data" / set / (split + ".tokens"), 1 << 28);
  }
  std::vector<int32_t> ids(const std::string& set, const std::string& split = "train") const {
    const TokenFile file(folder_ / "data" / set / (split + ".tokens"));
    std::vector<int32_t> all(file.size());
    file.copy(0, all);
    return all;
  }
  size_t entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_ / "data"), fs::directory_iterator()));
  }
  // Imports in a child process that kills itself after `bytes` bytes were encoded.
  void import_and_die(const ImportRequest& given, uint64_t bytes) const {
    const pid_t child = ::fork();
    if (child == 0) {
      ImportRequest r = given;
      r.progress = [&](const ImportProgress& p) {
        if (p.phase == "encoding" && p.done >= bytes) ::raise(SIGKILL);
      };
      import_text(r);
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended before it was killed";
  }
};

TEST_F(ImportStreamsTest, ACompressedTextGivesTheSameTokens) {
  const std::string train = made_up_text(1, 200000), valid = made_up_text(2, 300);
  put("plain/train.txt", train);
  put("plain/valid.txt", valid);
  put("packed/train.txt.zst", zstd_compressed(train));
  put("packed/valid.txt.gz", gzipped(valid));
  for (const char* text : {"plain", "packed"}) import_text(request(text, text, "bpe"));
  for (const char* split : {"train", "valid"})
    EXPECT_EQ(tokens("packed", split), tokens("plain", split));
}

TEST_F(ImportStreamsTest, EachLineIsADocument) {
  put("text/train.jsonl", json_line("hello") + json_line("") + json_line("you\n"));
  put("text/valid.jsonl.gz", gzipped(json_line("bye")));
  const ImportResult result = import_text(request("text", "joined"));
  EXPECT_EQ(result.splits[0].documents, 2u);
  EXPECT_EQ(result.left_out.empty_documents, 1u);
  EXPECT_EQ(ids("joined"), (std::vector<int32_t>{'h', 'e', 'l', 'l', 'o', 'y', 'o', 'u', '\n'}));
  const std::string length(7, '\0');
  EXPECT_EQ(read_text_set(folder_ / "data/joined").train.source_hash,
            sha256_hex(sha256_hex("\5" + length + "hello\4" + length + "you\n") + "\n"));
  ImportRequest with_bos = request("text", "joined");
  with_bos.documents = true;
  EXPECT_THAT(refusal_of([&] { import_text(with_bos); }), HasSubstr("another imported text"));
  with_bos.out = folder_ / "data/bos";
  import_text(with_bos);
  EXPECT_EQ(ids("bos"),
            (std::vector<int32_t>{256, 'h', 'e', 'l', 'l', 'o', 256, 'y', 'o', 'u', '\n'}));
  EXPECT_EQ(ids("bos", "valid"), (std::vector<int32_t>{256, 'b', 'y', 'e'}));
}

TEST_F(ImportStreamsTest, OneFileOfLinesIsCutBetweenDocuments) {
  std::string lines;
  for (int i = 0; i < 200; ++i) lines += json_line(made_up_text(static_cast<uint64_t>(i), 40));
  put("all.jsonl.zst", zstd_compressed(lines));
  ImportRequest r = request("all.jsonl.zst", "set");
  r.corpus.valid_fraction = 0.1;
  r.documents = true;
  const ImportResult result = import_text(r);
  EXPECT_NEAR(result.splits[1].share, 0.1, 0.01);
  EXPECT_EQ(result.splits[0].documents + result.splits[1].documents, 200u);
  EXPECT_THAT(result.rule, HasSubstr("is cut at line"));
  EXPECT_EQ(TokenFile(folder_ / "data/set/valid.tokens").document_starts().size(),
            result.splits[1].documents);
}

TEST_F(ImportStreamsTest, ATextBesideItsCompressedFormIsRefused) {
  put("text/a.txt", "a b");
  put("text/a.txt.gz", gzipped("a b"));
  EXPECT_THAT(refusal_of([&] { import_text(request("text", "set")); }),
              AllOf(HasSubstr("a.txt.gz"), HasSubstr("the same text as 'a.txt'")));
}

TEST_F(ImportStreamsTest, AKilledImportContinuesToTheSameBytes) {
  for (const int documents : {3000, 500}) {
    std::string lines;
    for (int d = 0; d < documents; ++d)
      lines += json_line(made_up_text(static_cast<uint64_t>(documents + d), 100));
    put("text/train/" + std::to_string(documents) + ".jsonl.gz", gzipped(lines));
  }
  put("text/valid/v.txt", made_up_text(99999, 3000));
  for (const bool documents : {false, true}) {
    ImportRequest r =
        request("text", documents ? "whole_bos" : "whole", documents ? "bytes" : "bpe");
    r.documents = documents;
    r.piece_bytes = 300000;
    import_text(r);
    const std::string whole = r.out.filename(), cut = whole + "_cut";
    r.out = folder_ / "data" / cut;
    import_and_die(r, 1000000);
    import_and_die(r, 1700000);
    std::vector<ImportProgress> seen;
    r.progress = [&](const ImportProgress& p) { seen.push_back(p); };
    EXPECT_TRUE(import_text(r).continued);
    std::erase_if(seen, [](const ImportProgress& p) { return p.phase != "encoding"; });
    EXPECT_GT(seen.front().done, 1700000u) << "what was finished is not encoded again";
    EXPECT_EQ(tokens(cut), tokens(whole));
    EXPECT_EQ(tokens(cut, "valid"), tokens(whole, "valid"));
    for (const char* file : {kManifestName, documents ? kManifestName : kModelName})
      EXPECT_EQ(read_file(r.out / file, 1 << 20),
                read_file(folder_ / "data" / whole / file, 1 << 20));
    EXPECT_FALSE(fs::exists(r.out / kJournalName));
  }
  EXPECT_EQ(entries(), 4u) << "nothing half-written is left";
}

TEST_F(ImportStreamsTest, APieceThatWasDamagedIsMadeAgain) {
  put("text/train.txt", made_up_text(1, 300000));
  put("text/valid.txt", made_up_text(2, 300));
  import_text(request("text", "whole"));
  ImportRequest r = request("text", "set");
  r.piece_bytes = 100000;
  import_and_die(r, 1500000);
  ASSERT_TRUE(remove_unfinished_imports(r)) << "it could be continued";
  for (const auto& entry : fs::directory_iterator(folder_ / "data"))
    if (entry.path().filename().string().starts_with(".set.tmp.")) {
      std::fstream file(entry.path() / "train.tokens",
                        std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(1000);
      file.put('\x7F');
    }
  EXPECT_TRUE(import_text(r).continued);
  EXPECT_EQ(tokens("set"), tokens("whole"));
}

TEST_F(ImportStreamsTest, AnotherRequestDoesNotContinue) {
  put("text/train.txt", made_up_text(1, 300000));
  put("text/valid.txt", made_up_text(2, 300));
  ImportRequest r = request("text", "set");
  r.piece_bytes = 100000;
  import_and_die(r, 1500000);
  put("text/train.txt", made_up_text(3, 300000));
  EXPECT_FALSE(import_text(r).continued);
  import_text(request("text", "whole"));
  EXPECT_EQ(tokens("set"), tokens("whole"));
  EXPECT_EQ(entries(), 2u);
}

}  // namespace
}  // namespace sinkmoe::data
