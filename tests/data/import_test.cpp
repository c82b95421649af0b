#include "data/import/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "data/source.h"
#include "data/text_set.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class ImportTest : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    put("text/train/a.txt", made_up_text(1, 3000));
    put("text/train/b.txt", made_up_text(2, 3000) + "caf\xC3\xA9 \xE2\x96\x81\n");
    put("text/valid/c.txt", made_up_text(3, 500));
  }
  ImportRequest request(const std::string& tokenizer = "bpe") const {
    return {.corpus = {.folder = folder_ / "text"},
            .out = folder_ / "data" / "set",
            .tokenizer = tokenizer,
            .vocabulary = 320};
  }
  fs::path set() const { return folder_ / "data" / "set"; }
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::directory_iterator(set()))
      all[entry.path().filename()] = read_file(entry.path(), 1 << 24);
    return all;
  }
  // The files beside the import: nothing half-written.
  size_t entries_beside() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_ / "data"), fs::directory_iterator()));
  }
};

std::string decoded(const fs::path& set, const std::string& split) {
  const TokenFile file(set / (split + ".tokens"));
  std::vector<int32_t> ids(file.size());
  file.copy(0, ids);
  return open_tokenizer(set)->decode(ids);
}

TEST_F(ImportTest, TokensDecodeToTheTextOfTheSplit) {
  for (const std::string tokenizer : {"bpe", "bytes"}) {
    ImportRequest r = request(tokenizer);
    r.force = true;
    EXPECT_TRUE(import_text(r).made);
    EXPECT_EQ(decoded(set(), "train"),
              made_up_text(1, 3000) + made_up_text(2, 3000) + "caf\xC3\xA9 \xE2\x96\x81\n");
    EXPECT_EQ(decoded(set(), "valid"), made_up_text(3, 500));
    const TextSet read = read_text_set(set());
    EXPECT_EQ(read.train.vocabulary, tokenizer == "bpe" ? 320u : 257u);
    EXPECT_EQ(read.valid.text_bytes, made_up_text(3, 500).size());
    EXPECT_FALSE(read.test);
  }
}

TEST_F(ImportTest, GivesTheSameBytesAgain) {
  import_text(request());
  const auto first = files();
  fs::remove_all(set());
  import_text(request());
  EXPECT_EQ(files(), first);
  EXPECT_EQ(first.size(), 4u);
}

TEST_F(ImportTest, TheSameImportAgainDoesNothing) {
  import_text(request());
  const auto before = fs::last_write_time(set() / "train.tokens");
  EXPECT_FALSE(import_text(request()).made);
  fs::rename(folder_ / "text" / "train" / "a.txt", folder_ / "text" / "train" / "a2.txt");
  EXPECT_FALSE(import_text(request()).made) << "names play no part";
  EXPECT_EQ(fs::last_write_time(set() / "train.tokens"), before);
}

TEST_F(ImportTest, AnotherImportIsRefusedUnlessForced) {
  import_text(request());
  const auto before = files();
  ImportRequest other = request();
  other.vocabulary = 330;
  EXPECT_THAT(refusal_of([&] { import_text(other); }),
              AllOf(HasSubstr("another imported text"), HasSubstr("--force")));
  EXPECT_EQ(files(), before);
  put("text/train/d.txt", "more\n");
  EXPECT_THAT(refusal_of([&] { import_text(request()); }), HasSubstr("another imported text"));
  other.force = true;
  EXPECT_TRUE(import_text(other).made);
  EXPECT_EQ(read_text_set(set()).train.vocabulary, 330u);
  EXPECT_EQ(entries_beside(), 1u);
}

TEST_F(ImportTest, ADamagedSetIsNotTakenForTheSame) {
  import_text(request());
  std::string content = read_file(set() / "train.tokens", 1 << 24);
  content[1000] = static_cast<char>(content[1000] ^ 1);
  write_file_atomic(set() / "train.tokens", content);
  EXPECT_THAT(refusal_of([&] { import_text(request()); }),
              AllOf(HasSubstr("damaged"), HasSubstr("--force")));
}

TEST_F(ImportTest, NeverReplacesWhatItDidNotMake) {
  put("data/set/thesis.doc", "years of work");
  ImportRequest r = request();
  r.force = true;
  EXPECT_THAT(refusal_of([&] { import_text(r); }), HasSubstr("not created by"));
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(ImportTest, ForceReplacesNoFolderThatHoldsOtherThings) {
  import_text(request());
  put("data/set/NOTES.md", "mine");
  const auto before = files();
  ImportRequest r = request();
  r.vocabulary = 330;
  r.force = true;
  EXPECT_THAT(refusal_of([&] { import_text(r); }), HasSubstr("NOTES.md"));
  r.out = set() / "inner";
  EXPECT_THAT(refusal_of([&] { import_text(r); }), HasSubstr("lies in an imported text"));
  EXPECT_EQ(files(), before);
}

TEST_F(ImportTest, AnErrorLeavesNothingBehind) {
  ImportRequest r = request();
  r.vocabulary = 100000;  // more than this text can give
  EXPECT_THAT(refusal_of([&] { import_text(r); }), HasSubstr("--vocab"));
  EXPECT_EQ(entries_beside(), 0u);
  put("text/valid/bad.txt", "\xFF");
  EXPECT_THAT(refusal_of([&] { import_text(request()); }), HasSubstr("bad.txt: byte 0"));
  EXPECT_FALSE(fs::exists(set()));
}

// A write that fails half-way, as on a full disk: the kernel does not let the file grow past a
// limit.
TEST_F(ImportTest, AFailingWriteNamesTheFileAndLeavesNothing) {
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = refusal_of([&] { import_text(request("bytes")); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, AllOf(HasSubstr("train.tokens"), HasSubstr("File too large")));
  EXPECT_EQ(entries_beside(), 0u);
}

TEST_F(ImportTest, ClearsUpAfterAnImportThatWasKilled) {
  put("data/.set.tmp.999999999/train.tokens", "half");
  import_text(request());
  EXPECT_EQ(entries_beside(), 1u);
}

// If the first process of a container never waits, dead processes stay listed.
TEST_F(ImportTest, ClearsUpAfterADeadProcessThatIsStillListedButNotAfterALiveOne) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  put("data/.set.tmp." + std::to_string(child) + "/train.tokens", "half");
  put("data/.set.tmp." + std::to_string(::getpid()) + "/train.tokens", "half");
  remove_unfinished_imports(request());
  EXPECT_EQ(entries_beside(), 1u);
  EXPECT_TRUE(fs::exists(folder_ / ("data/.set.tmp." + std::to_string(::getpid()))));
  ::waitpid(child, nullptr, 0);
}

TEST_F(ImportTest, TakesAGivenModel) {
  import_text(request());
  fs::copy(set() / kModelName, folder_ / "my.model");
  ImportRequest r = request();
  r.out = folder_ / "data" / "second";
  r.model = folder_ / "my.model";
  import_text(r);
  EXPECT_EQ(read_text_set(r.out).hash, read_text_set(set()).hash);
  put("bad.model", "nonsense");
  r.model = folder_ / "bad.model";
  EXPECT_THAT(refusal_of([&] { import_text(r); }), HasSubstr("bad.model"));
}

TEST_F(ImportTest, RefusesOptionsThatCannotBe) {
  ImportRequest r = request("wordpiece");
  r.vocabulary = 10;
  r.corpus.valid_fraction = 1;
  EXPECT_THAT(refusal_of([&] { import_text(r); }),
              AllOf(HasSubstr("--tokenizer"), HasSubstr("--vocab"), HasSubstr("--valid-fraction")));
}

TEST_F(ImportTest, ProgressReachesTheEnd) {
  ImportRequest r = request();
  std::vector<ImportProgress> seen;
  r.progress = [&](const ImportProgress& p) { seen.push_back(p); };
  import_text(r);
  EXPECT_EQ(seen.front().phase, "reading");
  EXPECT_EQ(seen.back().phase, "encoding");
  EXPECT_EQ(seen.back().done, seen.back().total);
}

TEST_F(ImportTest, TheManifestNamesEveryFile) {
  import_text(request());
  const auto manifest = nlohmann::json::parse(read_file(set() / kManifestName, 1 << 20));
  ASSERT_EQ(manifest["files"].size(), 3u);
  EXPECT_EQ(manifest["files"][0]["name"], "train/a.txt");
  EXPECT_EQ(manifest["splits"]["valid"]["bytes"], made_up_text(3, 500).size());
}

TEST_F(ImportTest, TextSetsAreFoundAndOthersNot) {
  import_text(request());
  put("data/other/x.txt", "x");
  EXPECT_EQ(find_text_sets(folder_ / "data"), std::vector<fs::path>{set()});
  EXPECT_EQ(find_text_sets(set()), std::vector<fs::path>{set()});
  EXPECT_TRUE(find_text_sets(folder_ / "absent").empty());
  EXPECT_THAT(refusal_of([&] { read_text_set(folder_ / "absent"); }), HasSubstr("data import"));
  EXPECT_THAT(refusal_of([&] { read_text_set(""); }), HasSubstr("data.path"));
}

TEST_F(ImportTest, MixedSplitsAreRefused) {
  import_text(request());
  ImportRequest r = request("bytes");
  r.out = folder_ / "data" / "bytes";
  import_text(r);
  fs::copy(r.out / "valid.tokens", set() / "valid.tokens", fs::copy_options::overwrite_existing);
  EXPECT_THAT(refusal_of([&] { read_text_set(set()); }), HasSubstr("different tokenizers"));
}

TEST_F(ImportTest, AnExchangedModelIsRefused) {
  import_text(request());
  ImportRequest r = request();
  r.vocabulary = 330;
  r.out = folder_ / "data" / "other";
  import_text(r);
  fs::copy(r.out / kModelName, set() / kModelName, fs::copy_options::overwrite_existing);
  EXPECT_THAT(refusal_of([&] { open_tokenizer(set()); }), HasSubstr("not the tokenizer"));
}

}  // namespace
}  // namespace sinkmoe::data
