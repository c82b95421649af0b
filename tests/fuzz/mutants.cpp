// Runs a fuzz target without libFuzzer, on a fixed number of inputs made from its seeds, the same
// ones each time. `mutants_NAME COUNT SEED FOLDER [FOLDER...]` prints one line of JSON. An input
// that crashes or takes more than 5 s is left as NAME.bad in the current folder.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr unsigned kMostSeconds = 5;
constexpr size_t kMostBytes = 1 << 18;

std::string g_input;
const char* g_name = "";

// Saves the input and ends. Uses only calls that are allowed in a signal handler.
void leave_input(int number) {
  char path[256];
  std::snprintf(path, sizeof path, "%s.bad", g_name);
  const int fd = ::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  [[maybe_unused]] ssize_t n = ::write(fd, g_input.data(), g_input.size());
  const char* what = number == SIGALRM ? "an input took more than 5 s\n" : "an input crashed\n";
  n = ::write(STDERR_FILENO, what, std::char_traits<char>::length(what));
  ::_exit(number == SIGALRM ? 3 : 4);
}

std::vector<std::string> read_seeds(int folders, char** names) {
  std::vector<std::string> seeds;
  for (int i = 0; i < folders; ++i)
    for (const auto& entry : std::filesystem::directory_iterator(names[i])) {
      std::ifstream file(entry.path(), std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  std::sort(seeds.begin(), seeds.end());
  return seeds;
}

class Mutator {
 public:
  Mutator(std::vector<std::string> seeds, uint64_t seed)
      : seeds_(std::move(seeds)), random_(seed) {}

  std::string next() {
    std::string text = pick(seeds_);
    for (size_t changes = 1 + below(6); changes > 0; --changes) change(text);
    if (text.size() > kMostBytes) text.resize(kMostBytes);
    return text;
  }

 private:
  size_t below(size_t n) { return n == 0 ? 0 : random_() % n; }
  const std::string& pick(const std::vector<std::string>& list) { return list[below(list.size())]; }

  void change(std::string& text) {
    const size_t at = below(text.size() + 1), n = std::min(text.size() - at, 1 + below(64));
    switch (below(9)) {
      case 0:
        if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << below(8));
        break;
      case 1:
        if (at < text.size()) text[at] = pick_byte();
        break;
      case 2:
        text.erase(at, n);
        break;
      case 3:
        text.insert(at, text.substr(below(text.size() + 1), n));
        break;
      case 4:
        splice(text, at);
        break;
      case 5:
        text.resize(at);
        break;
      case 6:
        number(text, at);
        break;
      case 7:
        integer(text, at);
        break;
      default:
        repeat(text, at);
    }
  }

  char pick_byte() {
    static const std::string bytes("\0\xff\x7f\x80\n\"'\\[]{}()=.,:;-#%\x1b ", 25);
    return below(2) ? bytes[below(bytes.size())] : static_cast<char>(below(256));
  }

  void splice(std::string& text, size_t at) {
    const std::string& other = pick(seeds_);
    const size_t from = below(other.size() + 1);
    text = text.substr(0, at) + other.substr(from);
  }

  // Replaces digits by another number.
  void number(std::string& text, size_t at) {
    static const char* const values[] = {"0",
                                         "-1",
                                         "1e999",
                                         "nan",
                                         "9223372036854775808",
                                         "4294967296",
                                         "1e-300",
                                         "99999999999999999999",
                                         "0x7f",
                                         "2147483647"};
    const size_t from = text.find_first_of("0123456789", at);
    if (from == std::string::npos) return;
    const size_t to = std::min(text.find_first_not_of("0123456789.", from), text.size());
    text.replace(from, to - from, values[below(std::size(values))]);
  }

  // A binary integer of 4 or 8 bytes.
  void integer(std::string& text, size_t at) {
    static constexpr uint64_t values[] = {
        0, 1, ~0ull, 1ull << 31, 1ull << 32, 1ull << 62, 0x7fffffff, 1ull << 63, 65536, 16};
    const uint64_t value = values[below(std::size(values))];
    const size_t bytes = below(2) ? 4 : 8;
    at -= at % 4;
    for (size_t i = 0; i < bytes && at + i < text.size(); ++i)
      text[at + i] = static_cast<char>(value >> (8 * i));
  }

  // Repeats a piece many times, to test depth and size.
  void repeat(std::string& text, size_t at) {
    const std::string piece = text.substr(at, 1 + below(4));
    std::string many;
    for (size_t left = size_t{1} << below(13); left > 0; --left) many += piece;
    text.insert(at, many);
  }

  std::vector<std::string> seeds_;
  std::mt19937_64 random_;
};

double peak_mb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  static const std::string name = std::filesystem::path(argv[0]).filename().string();
  g_name = name.c_str();
  for (int number : {SIGALRM, SIGSEGV, SIGABRT, SIGBUS, SIGFPE, SIGILL})
    std::signal(number, leave_input);
  const long count = std::strtol(argv[1], nullptr, 10);
  Mutator mutator(read_seeds(argc - 3, argv + 3), std::strtoull(argv[2], nullptr, 10));
  double slowest = 0;
  for (long i = 0; i < count; ++i) {
    g_input = mutator.next();
    const auto began = std::chrono::steady_clock::now();
    ::alarm(kMostSeconds);
    LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(g_input.data()), g_input.size());
    ::alarm(0);
    slowest = std::max(
        slowest, std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
  }
  std::printf(
      "{\"target\": \"%s\", \"inputs\": %ld, \"seed\": %s, \"slowest_s\": %.3f, \"peak_mb\": "
      "%.0f}\n",
      g_name + 8, count, argv[2], slowest, peak_mb());
  return peak_mb() > 1024 && std::getenv("SINKMOE_MUTANTS_MEMORY") ? 5 : 0;
}
