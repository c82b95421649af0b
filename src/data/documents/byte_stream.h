// The bytes of a file from its beginning to its end, decompressed on the way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "data/documents/format.h"

namespace sinkmoe::data {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Up to `most` bytes, at least one before the end; 0 at the end. Throws Error with file and byte of
  // the file: it cannot be read, is not compressed as its name says, is damaged, ends too early.
  virtual size_t read(char* to, size_t most) = 0;
  virtual uint64_t bytes_read() const = 0;  // of the file, so far
};

// Several gzip members or zstd frames in one file are read one after the other. A zstd frame may ask
// for 128 MiB of memory (the default limit of the zstd program). Throws Error: no regular file, a
// Git-LFS pointer.
std::unique_ptr<ByteStream> open_bytes(const std::filesystem::path& path, Compression compression);

}  // namespace sinkmoe::data
