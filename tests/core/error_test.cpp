#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"

namespace sinkmoe {
namespace {

TEST(SystemError, HasTheKindOfItsErrnoAndSaysWhatToDo) {
  const Error full = system_error("cannot write", ENOSPC, "a/b", "free some disk space");
  EXPECT_STREQ(full.what(), "a/b: cannot write: No space left on device; free some disk space");
  EXPECT_EQ(full.kind(), ErrorKind::no_space);
  EXPECT_EQ(full.system_errno(), ENOSPC);
  EXPECT_EQ(system_error("x", EDQUOT, "").kind(), ErrorKind::no_space);
  EXPECT_EQ(system_error("x", ENOMEM, "").kind(), ErrorKind::memory);
  for (const int passing : {EIO, EAGAIN, EMFILE, ENFILE})
    EXPECT_EQ(system_error("x", passing, "").kind(), ErrorKind::io) << passing;
  for (const int lasting : {ENOENT, EACCES, EISDIR})
    EXPECT_EQ(system_error("x", lasting, "").kind(), ErrorKind::bad_input) << lasting;
}

TEST(SystemError, IsNotReadFromTheText) {
  EXPECT_EQ(Error("the file says 'No space left on device'", "x.toml").kind(),
            ErrorKind::bad_input);
}

TEST(SystemError, OfFilesCarriesTheErrno) {
  for (const auto& read :
       {+[] { read_file("/nonexistent/file", 10); }, +[] { sha256_file("/nonexistent/file"); }}) {
    try {
      read();
      FAIL() << "read";
    } catch (const Error& e) {
      EXPECT_EQ(e.system_errno(), ENOENT);
    }
  }
  try {
    write_file_atomic("/dev/full/x", "text");
    FAIL() << "written";
  } catch (const Error& e) {
    EXPECT_EQ(e.system_errno(), ENOTDIR);
  }
}

}  // namespace
}  // namespace sinkmoe
