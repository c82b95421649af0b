#include "core/hash.h"

// Uses the plain functions instead of EVP, because they allocate nothing: a hash cannot fail for
// lack of memory (the first use of EVP would end the process).
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

#include "core/error.h"

namespace sinkmoe {

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) { SHA256_Init(&state_->context); }

Sha256::~Sha256() = default;

void Sha256::update(const void* data, size_t bytes) {
  SHA256_Update(&state_->context, data, bytes);
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> digest{};
  SHA256_Final(digest.data(), &state_->context);
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned char b : digest) {
    text += digits[b >> 4];
    text += digits[b & 15];
  }
  return text;
}

std::string sha256_hex(std::string_view text) {
  Sha256 hash;
  hash.update(text);
  return hash.hex();
}

std::string sha256_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw system_error("cannot read the file", errno, path.string());
  Sha256 hash;
  std::vector<char> buffer(1 << 20);
  while (in) {
    in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    hash.update(buffer.data(), static_cast<size_t>(in.gcount()));
  }
  if (in.bad()) throw system_error("reading failed", errno, path.string());
  return hash.hex();
}

}  // namespace sinkmoe
