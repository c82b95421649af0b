#include "data/documents/byte_stream.h"

#include <zlib.h>
#include <zstd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/system/file_error.h"
#include "data/documents/check_text.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

class RawStream : public ByteStream {
 public:
  explicit RawStream(const fs::path& path) : path_(path) {
    std::error_code unknown;
    if (!fs::is_regular_file(path, unknown)) throw Error("not a regular file", path.string());
    file_.reset(std::fopen(path.c_str(), "rbe"));
    if (!file_) fail_on_file("cannot open", path, errno);
  }
  size_t read(char* to, size_t most) override {
    const size_t n = std::fread(to, 1, most, file_.get());
    if (n < most && std::ferror(file_.get())) fail_on_file("cannot read", path_, errno);
    if (bytes_ == 0) refuse_pointer({to, n}, path_.string());
    bytes_ += n;
    return n;
  }
  uint64_t bytes_read() const override { return bytes_; }
  const fs::path& path() const { return path_; }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  fs::path path_;
  std::unique_ptr<std::FILE, Close> file_;
  uint64_t bytes_ = 0;
};

// What both decompressors share: the compressed bytes at hand.
class Decompressor : public ByteStream {
 public:
  explicit Decompressor(const fs::path& path) : raw_(path), in_(1 << 17) {}
  uint64_t bytes_read() const override { return raw_.bytes_read(); }

 protected:
  // False at the end of the file.
  bool refill() {
    size_ = raw_.read(in_.data(), in_.size());
    at_ = 0;
    return size_ > 0;
  }
  [[noreturn]] void refuse(const std::string& what, const std::string& fix) const {
    const uint64_t byte = raw_.bytes_read() - size_ + at_;
    throw Error(what, raw_.path().string() + ": byte " + std::to_string(byte), fix);
  }
  [[noreturn]] void refuse_cut(const std::string& kind) const {
    refuse("the file is cut: its " + kind + " data end too early", "copy or download it again");
  }

  RawStream raw_;
  std::vector<char> in_;
  size_t at_ = 0, size_ = 0;  // in_[at_, size_) is to be read next
};

class GzipStream : public Decompressor {
 public:
  explicit GzipStream(const fs::path& path) : Decompressor(path) {
    constexpr int kGzipOnly = 15 + 16;
    if (::inflateInit2(&z_, kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipStream() override { ::inflateEnd(&z_); }

  size_t read(char* to, size_t most) override {
    z_.next_out = reinterpret_cast<Bytef*>(to);
    z_.avail_out = static_cast<uInt>(most);
    while (z_.avail_out == most) {
      if (at_ == size_ && !refill()) {
        if (inside_ || raw_.bytes_read() == 0) refuse_cut("gzip");
        break;
      }
      step();
    }
    return most - z_.avail_out;
  }

 private:
  void step() {
    if (!inside_) ::inflateReset(&z_);
    inside_ = true;
    z_.next_in = reinterpret_cast<Bytef*>(in_.data() + at_);
    z_.avail_in = static_cast<uInt>(size_ - at_);
    const int result = ::inflate(&z_, Z_NO_FLUSH);
    at_ = size_ - z_.avail_in;
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    if (result == Z_STREAM_END)
      inside_ = false;
    else if (result != Z_OK && result != Z_BUF_ERROR)
      refuse("not gzip, or damaged" + (z_.msg ? ": " + std::string(z_.msg) : std::string()),
             "check it with 'gzip -t'");
  }

  z_stream z_{};
  bool inside_ = false;  // a member
};

class ZstdStream : public Decompressor {
 public:
  explicit ZstdStream(const fs::path& path) : Decompressor(path), z_(::ZSTD_createDStream()) {
    if (!z_) throw std::bad_alloc();
  }

  size_t read(char* to, size_t most) override {
    ZSTD_outBuffer out{to, most, 0};
    while (out.pos == 0) {
      if (at_ == size_ && !full_ && !refill()) {
        if (inside_ || raw_.bytes_read() == 0) refuse_cut("zstd");
        break;
      }
      ZSTD_inBuffer in{in_.data(), size_, at_};
      const size_t result = ::ZSTD_decompressStream(z_.get(), &out, &in);
      at_ = in.pos;
      if (::ZSTD_isError(result))
        refuse("not zstd, or damaged: " + std::string(::ZSTD_getErrorName(result)),
               "check it with 'zstd -t'");
      inside_ = result != 0;
      full_ = out.pos == out.size && inside_;  // it may hold back more than was asked for
    }
    return out.pos;
  }

 private:
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ::ZSTD_freeDStream(stream); }
  };
  std::unique_ptr<ZSTD_DStream, Free> z_;
  bool inside_ = false, full_ = false;  // inside a frame
};

}  // namespace

std::unique_ptr<ByteStream> open_bytes(const fs::path& path, Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipStream>(path);
    case Compression::zstd:
      return std::make_unique<ZstdStream>(path);
    case Compression::none:
      break;
  }
  return std::make_unique<RawStream>(path);
}

}  // namespace sinkmoe::data
