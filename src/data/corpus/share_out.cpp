#include "data/corpus/share_out.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/hash.h"
#include "core/text/utf8.h"

namespace sinkmoe::data {

namespace {

struct Share {
  double total = 0, wanted = 0, slack = 0;  // bytes

  bool reached(double bytes) const { return std::abs(bytes - wanted) <= slack; }
};

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

// The two parts of a file that is cut at byte `at`.
std::pair<CorpusFile, CorpusFile> cut_file(const CorpusFile& file, std::string_view text,
                                           size_t at) {
  CorpusFile head = file, tail = file;
  head.end = tail.begin = at;
  head.bytes = at;
  head.sha256 = sha256_hex(text.substr(0, at));
  tail.bytes = text.size() - at;
  tail.sha256 = sha256_hex(text.substr(at));
  return {head, tail};
}

std::string cut_rule(const CorpusFile& tail) {
  return "by the fraction: '" + tail.name + "' is cut at byte " + std::to_string(tail.begin) +
         ", its end is validation text";
}

// The cut of earlier versions: from the first line that starts after the place.
size_t earlier_cut(std::string_view text, double fraction) {
  auto at = static_cast<size_t>(static_cast<double>(text.size()) * (1 - fraction));
  const size_t newline = text.find('\n', at);
  if (newline != std::string_view::npos && newline + 1 < text.size()) at = newline + 1;
  return character_start(text, at);
}

constexpr const char* kWholeFiles = "by the fraction: whole files, in the order of their hashes";

bool too_short(std::string_view text) { return characters(text.substr(0, 16)) < 2; }

void split_single(const CorpusFile& file, double fraction, const Share& share, Corpus& corpus) {
  const std::string text = read_corpus_text(file);
  if (too_short(text)) throw Error("the text is too short to be split", file.path.string());
  const size_t earlier = earlier_cut(text, fraction);
  size_t at = earlier;
  if (!share.reached(share.total - static_cast<double>(at)))
    at = cut_place(text, static_cast<size_t>(std::ceil(share.total - share.wanted)));
  const auto [head, tail] = cut_file(file, text, at);
  corpus.train = {head};
  corpus.valid = {tail};
  corpus.rule = cut_rule(tail);
  if (at == earlier || earlier == 0 || earlier >= text.size()) return;
  const auto [earlier_head, earlier_tail] = cut_file(file, text, earlier);
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
  const std::string text = read_corpus_text(*largest);
  if (too_short(text)) return keep_earlier(corpus);
  const double rest = static_cast<double>(text.size()) - (share.wanted - taken);
  const auto [head, tail] = cut_file(*largest, text, cut_place(text, static_cast<size_t>(rest)));
  *largest = head;
  corpus.valid.push_back(tail);
  corpus.rule = cut_rule(tail);
}

}  // namespace

size_t cut_place(std::string_view text, size_t at) {
  at = std::clamp<size_t>(at, 1, text.size() - 1);
  const size_t reach = std::min(at, text.size() - at) / 4, from = at - reach, to = at + reach;
  for (const char* mark : {"<|endoftext|>", "\f", "\n\n", "\n\r\n", "\n", " "})
    if (const auto place = nearest_after(text, mark, at, std::max<size_t>(from, 1), to))
      return *place;
  size_t place = character_start(text, at);
  if (place < text.size()) return place;
  do --place;
  while (inside_character(text[place]));
  return place;
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
