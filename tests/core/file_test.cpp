#include "core/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>
#include <vector>

#include "core/error.h"
#include "core/hash.h"

namespace sinkmoe {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  size_t entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_ =
      fs::path(testing::TempDir()) /
      (std::string("file_") + testing::UnitTest::GetInstance()->current_test_info()->name());
  fs::path path_ = folder_ / "f";
};

template <class Action>
std::string refusal_of(Action&& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "(accepted)";
}

TEST_F(FileTest, ReadsWhatWasWritten) {
  const std::string content("a\0b\n\xFF", 5);
  write_file_atomic(path_, content);
  EXPECT_EQ(read_file(path_, 5), content);
  write_file_atomic(path_, "");
  EXPECT_EQ(read_file(path_, 0), "");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, PiecesAreWrittenInOrder) {
  write_file_atomic(path_, std::vector<std::string_view>{"one ", "", "two"});
  EXPECT_EQ(read_file(path_, 100), "one two");
}

TEST_F(FileTest, AFailedCheckKeepsTheOldFile) {
  write_file_atomic(path_, "old");
  const std::vector<std::string_view> pieces = {"new"};
  const auto refuse = [&](const fs::path& aside) {
    EXPECT_EQ(read_file(aside, 100), "new");
    EXPECT_EQ(read_file(path_, 100), "old");
    throw Error("no", "");
  };
  EXPECT_THROW(write_file_atomic(path_, pieces, refuse), Error);
  EXPECT_EQ(read_file(path_, 100), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, AFullDiskKeepsTheOldFileAndIsNamed) {
  write_file_atomic(path_, "old");
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const std::string message = refusal_of([&] { write_file_atomic(path_, std::string(1000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(message, AllOf(HasSubstr(path_.string()), HasSubstr("File too large")));
  EXPECT_EQ(read_file(path_, 100), "old");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, ReadRefusesWhatIsNoReasonableFile) {
  write_file_atomic(path_, "123456");
  EXPECT_THAT(refusal_of([&] { read_file(path_, 5); }),
              AllOf(HasSubstr("6 bytes"), HasSubstr("limit is 5")));
  EXPECT_THAT(refusal_of([&] { read_file(folder_ / "no", 5); }), HasSubstr("No such file"));
  EXPECT_THAT(refusal_of([&] { read_file(folder_, 5); }), HasSubstr("not a regular file"));
  EXPECT_THAT(refusal_of([&] { read_file("/dev/zero", 5); }), HasSubstr("not a regular file"));
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_THAT(refusal_of([&] { read_file(folder_ / "pipe", 5); }), HasSubstr("not a regular file"));
}

TEST_F(FileTest, WriteRefusesAMissingFolderAndAFolderInItsPlace) {
  EXPECT_THAT(refusal_of([&] { write_file_atomic(folder_ / "no" / "f", "x"); }),
              HasSubstr("No such file"));
  fs::create_directories(path_ / "inside");
  EXPECT_THROW(write_file_atomic(path_, "x"), Error);
  EXPECT_EQ(entries(), 1u) << "no temporary file stays";
}

TEST_F(FileTest, WritesInTheWorkingFolder) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  write_file_atomic("plain", "x");
  fs::current_path(before);
  EXPECT_EQ(read_file(folder_ / "plain", 1), "x");
}

TEST_F(FileTest, WritersOfOneFileDoNotMixTheirContents) {
  const std::string a(200000, 'a'), b(200000, 'b');
  std::vector<std::thread> threads;
  for (const std::string* content : {&a, &b, &a, &b})
    threads.emplace_back([&, content] {
      for (int i = 0; i < 20; ++i) write_file_atomic(path_, *content);
    });
  for (std::thread& thread : threads) thread.join();
  const std::string result = read_file(path_, 1 << 20);
  EXPECT_TRUE(result == a || result == b);
  EXPECT_EQ(entries(), 1u);
}

TEST_F(FileTest, EnsureWritableFolderMakesItAndLeavesNothing) {
  ensure_writable_folder(folder_ / "a" / "b");
  EXPECT_TRUE(fs::is_empty(folder_ / "a" / "b"));
  ensure_writable_folder(folder_ / "a" / "b");
  write_file_atomic(path_, "x");
  EXPECT_THAT(refusal_of([&] { ensure_writable_folder(path_ / "below"); }),
              HasSubstr("cannot make the folder"));
  EXPECT_THROW(ensure_writable_folder(path_), Error);
  EXPECT_THROW(ensure_writable_folder("/proc/none"), Error);
}

TEST_F(FileTest, HashOfAFileIsThatOfItsContent) {
  const std::string content(3 << 20, 'x');
  write_file_atomic(path_, content);
  EXPECT_EQ(sha256_file(path_), sha256_hex(content));
  EXPECT_THAT(refusal_of([&] { sha256_file(folder_ / "no"); }), HasSubstr("No such file"));
  EXPECT_THROW(sha256_file(folder_), Error);
}

// FIPS 180-4 examples.
TEST(Sha256Test, KnownAnswers) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  Sha256 pieces;
  pieces.update("a");
  pieces.update("");
  pieces.update("bc");
  EXPECT_EQ(pieces.hex(), sha256_hex("abc"));
}

}  // namespace
}  // namespace sinkmoe
