// A file that is written piece by piece and may be longer than memory.
#pragma once

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string_view>

namespace sinkmoe {

// Every function throws Error with file and cause (disk full, no permission).
class LongFile {
 public:
  // Creates the file, or keeps the first `kept` bytes of the one that is there.
  explicit LongFile(const std::filesystem::path& path, uint64_t kept = 0);
  void append(std::string_view bytes);
  // Returns when all that was appended is on the disk.
  void sync();
  // Replaces bytes that are there already, from byte 0 on.
  void write_front(std::string_view bytes);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  void flush();

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace sinkmoe
