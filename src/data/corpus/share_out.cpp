#include "data/corpus/share_out.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/text/utf8.h"
#include "data/corpus/pass.h"

namespace sinkmoe::data {

namespace {

struct Share {
  double total = 0, wanted = 0, slack = 0;  // bytes

  bool reached(double bytes) const { return std::abs(bytes - wanted) <= slack; }
};

// No place to cut is looked for farther away than this, so that memory is bounded.
constexpr uint64_t kReach = uint64_t{32} << 20;

using Files = std::vector<CorpusFile>;

void sort_by_name(Files& files) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::pair(a.name, a.begin) < std::pair(b.name, b.begin);
  });
}

// The place in [from, to] nearest to `at` that comes after `mark` and the line ends behind it.
std::optional<size_t> nearest_after(std::string_view text, std::string_view mark, size_t at,
                                    size_t from, size_t to) {
  std::optional<size_t> best;
  const size_t start = from > mark.size() ? from - mark.size() : 0;
  for (size_t found = text.find(mark, start); found != std::string_view::npos && found < to;
       found = text.find(mark, found + 1)) {
    size_t end = found + mark.size();
    while (end < text.size() && (text[end] == '\n' || text[end] == '\r')) ++end;
    if (end < from || end > to || end >= text.size()) continue;
    const auto distance = [&](size_t place) { return place > at ? place - at : at - place; };
    if (!best || distance(end) < distance(*best)) best = end;
  }
  return best;
}

// The two parts of a file that is cut at a place (CorpusFile::begin).
std::pair<CorpusFile, CorpusFile> cut_file(const CorpusFile& file, uint64_t at) {
  CorpusFile head = file, tail = file;
  head.end = tail.begin = at;
  measure(head);
  measure(tail);
  return {head, tail};
}

// The line of the document that starts nearest to byte `at` of the texts; 0: there is only one.
uint64_t nearest_document(const CorpusFile& file, uint64_t at) {
  uint64_t bytes = 0, best = 0, best_distance = UINT64_MAX;
  for_each_text({&file, 1}, [&](size_t, const TextBlock& block) {
    for (size_t i = 0; i < block.starts.size(); ++i) {
      const uint64_t start = bytes + block.starts[i];
      const uint64_t distance = start > at ? start - at : at - start;
      if (start == 0 || distance >= best_distance) continue;
      best = block.lines[i];
      best_distance = distance;
    }
    bytes += block.text.size();
  });
  return best;
}

// Where to cut a file so that about `rest` bytes of its text stay before the cut.
uint64_t place_to_cut(const CorpusFile& file, double rest) {
  if (file.format.lines) return nearest_document(file, static_cast<uint64_t>(rest));
  return cut_place(file.bytes, static_cast<uint64_t>(rest),
                   [&](uint64_t from, uint64_t to) { return text_between(file, from, to); });
}

std::string cut_rule(const CorpusFile& tail) {
  return "by the fraction: '" + tail.name + "' is cut at " +
         (tail.format.lines ? "line " : "byte ") +
         std::to_string(tail.begin + (tail.format.lines ? 1 : 0)) + ", its end is validation text";
}

// The cut of earlier versions: from the first line that starts after the place. They read only plain
// text.
uint64_t earlier_cut(const CorpusFile& file, double fraction) {
  const auto at = static_cast<uint64_t>(static_cast<double>(file.bytes) * (1 - fraction));
  const std::string text = text_between(file, at, at + kReach);
  const size_t newline = text.find('\n');
  if (newline != std::string::npos && at + newline + 1 < file.bytes) return at + newline + 1;
  return at + character_start(text, 0);
}

constexpr const char* kWholeFiles = "by the fraction: whole files, in the order of their hashes";

bool too_short(const CorpusFile& file) {
  if (file.format.lines) return file.documents < 2;
  return characters(text_between(file, 0, 16)) < 2;
}

void split_single(const CorpusFile& file, double fraction, const Share& share, Corpus& corpus) {
  if (too_short(file)) throw Error("the text is too short to be split", file.path.string());
  const bool lines = file.format.lines;
  const uint64_t earlier = lines ? 0 : earlier_cut(file, fraction);
  uint64_t at = earlier;
  if (lines || !share.reached(share.total - static_cast<double>(at)))
    at = place_to_cut(file, std::ceil(share.total - share.wanted));
  const auto [head, tail] = cut_file(file, at);
  corpus.train = {head};
  corpus.valid = {tail};
  corpus.rule = cut_rule(tail);
  if (at == earlier || earlier == 0 || earlier >= file.bytes) return;
  const auto [earlier_head, earlier_tail] = cut_file(file, earlier);
  corpus.earlier_train = {earlier_head};
  corpus.earlier_valid = {earlier_tail};
}

// The split of earlier versions: whole files until the share is reached, however far it is passed.
void split_as_earlier(const Files& by_hash, const Share& share, Corpus& corpus) {
  double taken = 0;
  for (size_t i = 0; i < by_hash.size(); ++i) {
    const bool valid = i == 0 || (taken < share.wanted && i + 1 < by_hash.size());
    if (valid) taken += static_cast<double>(by_hash[i].bytes);
    (valid ? corpus.earlier_valid : corpus.earlier_train).push_back(by_hash[i]);
  }
  sort_by_name(corpus.earlier_train);
  sort_by_name(corpus.earlier_valid);
}

void keep_earlier(Corpus& corpus) {
  corpus.train = std::exchange(corpus.earlier_train, {});
  corpus.valid = std::exchange(corpus.earlier_valid, {});
  corpus.rule = kWholeFiles;
}

// Moves the files that fit into `most` bytes from `files` to validation; returns their bytes.
double take_whole_files(Files& files, double most, double enough, Files& valid) {
  double taken = 0;
  Files left;
  for (CorpusFile& file : files) {
    const auto bytes = static_cast<double>(file.bytes);
    const bool fits = taken < enough && taken + bytes <= most;
    if (fits) taken += bytes;
    (fits ? valid : left).push_back(std::move(file));
  }
  files = std::move(left);
  return taken;
}

void split_files(const Files& by_hash, const Share& share, Corpus& corpus) {
  corpus.train = by_hash;
  const double most = share.wanted + share.slack, enough = share.wanted - share.slack;
  if (share.reached(take_whole_files(corpus.train, most, enough, corpus.valid))) {
    corpus.rule = kWholeFiles;
    return;
  }
  corpus.train = by_hash;
  corpus.valid.clear();
  const double taken = take_whole_files(corpus.train, share.wanted, share.wanted, corpus.valid);
  const auto largest =
      std::max_element(corpus.train.begin(), corpus.train.end(),
                       [](const auto& a, const auto& b) { return a.bytes < b.bytes; });
  if (too_short(*largest)) return keep_earlier(corpus);
  const double rest = static_cast<double>(largest->bytes) - (share.wanted - taken);
  const auto [head, tail] = cut_file(*largest, place_to_cut(*largest, rest));
  *largest = head;
  corpus.valid.push_back(tail);
  corpus.rule = cut_rule(tail);
}

}  // namespace

uint64_t cut_place(uint64_t size, uint64_t near,
                   const std::function<std::string(uint64_t from, uint64_t to)>& text_between) {
  near = std::clamp<uint64_t>(near, 1, size - 1);
  const uint64_t reach = std::min({near / 4, (size - near) / 4, kReach});
  constexpr uint64_t kMargin = 64;  // longer than a mark
  const uint64_t begin = near - reach > kMargin ? near - reach - kMargin : 0;
  const std::string text = text_between(begin, std::min(size, near + reach + kMargin));
  const size_t at = near - begin, from = at - reach, to = at + reach;
  for (const char* mark : {"<|endoftext|>", "\f", "\n\n", "\n\r\n", "\n", " "})
    if (const auto place = nearest_after(text, mark, at, std::max<size_t>(from, 1), to))
      return begin + *place;
  size_t place = character_start(text, at);
  if (place < text.size()) return begin + place;
  do --place;
  while (inside_character(text[place]));
  return begin + place;
}

void share_out(Files files, double fraction, Corpus& corpus) {
  Share share;
  share.total = static_cast<double>(bytes_of(files));
  share.wanted = fraction * share.total;
  share.slack = std::min(fraction, 1 - fraction) * share.total / 4;
  if (files.size() == 1) return split_single(files[0], fraction, share, corpus);
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::pair(a.sha256, a.name) < std::pair(b.sha256, b.name);
  });
  split_as_earlier(files, share, corpus);
  if (share.reached(static_cast<double>(bytes_of(corpus.earlier_valid))))
    return keep_earlier(corpus);
  split_files(files, share, corpus);
  sort_by_name(corpus.train);
  sort_by_name(corpus.valid);
}

}  // namespace sinkmoe::data
