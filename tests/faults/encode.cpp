// Encodes files with a tokenizer.json, for the comparison with another program: the ids of FILE
// number i go to OUT/i.ids as 32-bit numbers, the bytes of text that each stands for are checked,
// and the speed is printed.
// drill_encode TOKENIZER OUT FILE...
#include <chrono>
#include <cstdio>
#include <fstream>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "data/hf_tokenizer/hf_tokenizer.h"

namespace {

int encode_files(const std::filesystem::path& path, const std::filesystem::path& out, int count,
                 char** files) {
  using Clock = std::chrono::steady_clock;
  const auto tokenizer = sinkmoe::data::open_hf_tokenizer(path);
  double seconds = 0;
  size_t bytes = 0;
  for (int i = 0; i < count; ++i) {
    const std::string text = sinkmoe::read_file(files[i], uint64_t{1} << 30);
    const Clock::time_point start = Clock::now();
    const sinkmoe::data::EncodedText encoded = tokenizer->encode(text);
    seconds += std::chrono::duration<double>(Clock::now() - start).count();
    bytes += text.size();
    if (std::accumulate(encoded.bytes.begin(), encoded.bytes.end(), size_t{0}) != text.size()) {
      std::fprintf(stderr, "%s: the bytes of the ids are not those of the text\n", files[i]);
      return 1;
    }
    std::ofstream(out / (std::to_string(i) + ".ids"), std::ios::binary)
        .write(reinterpret_cast<const char*>(encoded.ids.data()),
               static_cast<std::streamsize>(encoded.ids.size() * sizeof(int32_t)));
  }
  std::printf("%.2f MB/s\n", static_cast<double>(bytes) / 1e6 / seconds);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  try {
    return encode_files(argv[1], argv[2], argc - 3, argv + 3);
  } catch (const sinkmoe::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 2;
  }
}
