#include "pretrained/rows/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/error.h"
#include "core/file.h"
#include "core/text/split_join.h"

namespace sinkmoe::pretrained {

namespace {

constexpr uint64_t kMaxIdFile = uint64_t{1} << 30;

struct Cut {
  size_t document, from;
};

// The ids of one line.
std::vector<int32_t> ids_of(std::string_view line, const std::string& where) {
  std::vector<int32_t> out;
  for (const char *at = line.data(), *end = at + line.size(); at < end;) {
    if (*at == ' ' || *at == '\t' || *at == '\r') {
      ++at;
      continue;
    }
    int32_t id = 0;
    const auto [next, problem] = std::from_chars(at, end, id);
    if (problem != std::errc() || id < 0)
      throw Error("not a list of token ids", where,
                  "write ids separated by blanks, one row per line");
    out.push_back(id);
    at = next;
  }
  return out;
}

}  // namespace

TokenRows cut_rows(const std::vector<data::EncodedText>& documents, const RowOptions& options) {
  const size_t width = static_cast<size_t>(options.context) + 1, lead = options.bos ? 1 : 0,
               taken = width - lead;
  std::vector<Cut> cuts;
  size_t longest = 0;
  for (size_t d = 0; d < documents.size(); ++d) {
    longest = std::max(longest, documents[d].ids.size());
    for (size_t from = 0; from + taken <= documents[d].ids.size(); from += taken)
      cuts.push_back({d, from});
  }
  if (cuts.empty())
    throw Error(fmt::format("the longest text has {} tokens, a row needs {}", longest, taken),
                "texts", "give a longer text or a smaller --context");
  const size_t rows = std::min(cuts.size(), static_cast<size_t>(options.rows));
  TokenRows out{.target_bytes = 0};
  for (size_t r = 0; r < rows; ++r) {
    const Cut& cut = cuts[r * cuts.size() / rows];
    const data::EncodedText& document = documents[cut.document];
    std::vector<int32_t> row(lead, options.bos.value_or(0));
    const auto from = document.ids.begin() + static_cast<std::ptrdiff_t>(cut.from);
    row.insert(row.end(), from, from + static_cast<std::ptrdiff_t>(taken));
    for (size_t t = 1; t < width; ++t) *out.target_bytes += document.bytes[cut.from + t - lead];
    out.rows.push_back(std::move(row));
  }
  return out;
}

TokenRows read_rows(const std::filesystem::path& file) {
  TokenRows out;
  const std::string text = read_file(file, kMaxIdFile);
  int number = 0;
  for (const std::string& line : split(text, '\n')) {
    ++number;
    if (trim(line).empty()) continue;
    const std::string where = fmt::format("{}:{}", file.string(), number);
    out.rows.push_back(ids_of(line, where));
    if (out.rows.back().size() < 2) throw Error("a row needs at least 2 tokens", where);
    if (out.rows.back().size() != out.rows.front().size())
      throw Error(fmt::format("{} tokens, the first row has {}", out.rows.back().size(),
                              out.rows.front().size()),
                  where, "make all rows of one length");
  }
  if (out.rows.empty()) throw Error("holds no row", file.string());
  return out;
}

}  // namespace sinkmoe::pretrained
