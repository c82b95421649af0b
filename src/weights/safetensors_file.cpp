#include "weights/safetensors_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/error.h"

namespace sinkmoe::weights {

namespace {

constexpr uint64_t kLengthBytes = 8;

[[noreturn]] void fail(const std::string& what, const std::filesystem::path& path, int error) {
  throw system_error(what, error, path.string());
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path) : path_(path) {
  struct Closer {
    int fd;
    ~Closer() {
      if (fd >= 0) ::close(fd);
    }
  } opened{::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)};
  if (opened.fd < 0) fail("cannot open", path, errno);
  struct stat status{};
  if (::fstat(opened.fd, &status) != 0) fail("cannot read", path, errno);
  if (!S_ISREG(status.st_mode)) throw Error("not a regular file", path.string());
  const auto size = static_cast<uint64_t>(status.st_size);
  file_ = opened.fd;
  const std::string where = path.string();
  uint64_t length = 0;
  if (size < kLengthBytes) throw Error("too short for a safetensors file", where + ": byte 0");
  read_at(0, std::as_writable_bytes(std::span(&length, 1)));
  if (length > kMaxSafetensorsHeader)
    throw Error("a header of " + std::to_string(length) + " bytes, the limit is 16 MiB",
                where + ": byte 0", "is it a safetensors file?");
  if (length > size - kLengthBytes)
    throw Error("the header has " + std::to_string(length) + " bytes, the file ends before",
                where + ": byte 8", "the file is truncated: fetch it again");
  std::string text(length, '\0');
  read_at(kLengthBytes, std::as_writable_bytes(std::span(text)));
  header_ = parse_header_json(text, where);
  data_begin_ = kLengthBytes + length;
  check_layout(header_, size - data_begin_, where);
  for (size_t i = 0; i < header_.tensors.size(); ++i) index_[header_.tensors[i].name] = i;
  opened.fd = -1;  // ours from here on
}

SafetensorsFile::~SafetensorsFile() {
  if (file_ >= 0) ::close(file_);
}

SafetensorsFile::SafetensorsFile(SafetensorsFile&& other) noexcept
    : path_(std::move(other.path_)),
      file_(std::exchange(other.file_, -1)),
      data_begin_(other.data_begin_),
      header_(std::move(other.header_)),
      index_(std::move(other.index_)) {}

const TensorEntry* SafetensorsFile::find(const std::string& name) const {
  const auto it = index_.find(name);
  return it == index_.end() ? nullptr : &header_.tensors[it->second];
}

void SafetensorsFile::read(const TensorEntry& tensor, uint64_t offset,
                           std::span<std::byte> into) const {
  if (offset + into.size() > tensor.end - tensor.begin)
    throw std::out_of_range("[SafetensorsFile::read] beyond the tensor " + tensor.name);
  read_at(data_begin_ + tensor.begin + offset, into);
}

void SafetensorsFile::read_at(uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    const ssize_t n = ::pread(file_, into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("cannot read", path_, errno);
    if (n == 0)
      throw Error("ends before byte " + std::to_string(offset + into.size()), path_.string(),
                  "the file is truncated: fetch it again");
    into = into.subspan(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
}

}  // namespace sinkmoe::weights
