// Standard output of which every byte is checked.
#pragma once

#include <ostream>
#include <streambuf>
#include <string>

namespace sinkmoe {

// While this object lives, `stream` writes to standard output through it. The first failure is kept, and what comes later
// is dropped.
class CheckedOutput : public std::streambuf {
 public:
  explicit CheckedOutput(std::ostream& stream);
  ~CheckedOutput() override;
  CheckedOutput(const CheckedOutput&) = delete;
  CheckedOutput& operator=(const CheckedOutput&) = delete;

  // Writes what is left, and closes standard output, because some file systems report a full disk only then. Returns the
  // exit code of a program whose command ended with `code`: if output was lost, reports why on stderr and makes the code
  // not 0. Says nothing if a reader like `head` has closed its pipe.
  int finish(int code);

 protected:
  int_type overflow(int_type c) override;
  std::streamsize xsputn(const char* bytes, std::streamsize count) override;
  int sync() override;

 private:
  bool put(const char* bytes, size_t count);

  std::ostream& stream_;
  std::streambuf* below_;
  const bool terminal_;
  std::string waiting_;
  int error_ = 0;  // errno of the first failure
};

// Opens standard input, output and error if one of them is closed, so that no other file gets its number. Writing to them
// fails then.
void open_standard_descriptors();

}  // namespace sinkmoe
