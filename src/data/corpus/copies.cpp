#include "data/corpus/copies.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "data/corpus/pass.h"

namespace sinkmoe::data {

namespace {

constexpr uint64_t kFactor = 0x9E3779B97F4A7C15;  // odd, with bits all over
constexpr uint64_t kMostPieces = 1 << 20;         // compared in all held-out files
constexpr unsigned kFilterBits = 24;

constexpr double kFileLimit = 0.3, kSplitLimit = 0.1;
constexpr uint64_t kFewPieces = 8;

// Unicode's composed form with letters folded, so that NFC and NFD, "E" and "e" are equal.
std::string folded(std::string_view text) {
  utf8proc_uint8_t* out = nullptr;
  const utf8proc_ssize_t length = utf8proc_map(
      reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
      static_cast<utf8proc_ssize_t>(text.size()), &out,
      static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner(out, &std::free);
  if (length < 0) return std::string(text);
  return {reinterpret_cast<const char*>(out), static_cast<size_t>(length)};
}

void append_normalised(std::string_view text, std::string& out) {
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (blank && !out.empty() && out.back() == ' ') continue;
    out += blank ? ' ' : c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
}

// A piece of a document, normalised: one blank for several, also at its start and end.
struct Words {
  std::string text;
  bool starts = false;  // the document starts here
};

std::string normalised(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {  // most words are ASCII, and folding the others takes long
    size_t other = 0;
    while (other < text.size() && static_cast<signed char>(text[other]) >= 0) ++other;
    size_t begin = other, end = other;
    const auto blank = [&](size_t at) { return text[at] == ' ' || text[at] == '\n'; };
    while (other < text.size() && begin > 0 && !blank(begin - 1)) --begin;
    while (end < text.size() && !blank(end)) ++end;
    append_normalised(text.substr(0, begin), out);
    if (end > begin) append_normalised(folded(text.substr(begin, end - begin)), out);
    text.remove_prefix(end);
  }
  return out;
}

// The pieces of documents in a block. Documents lose the blank, and the byte order mark, at their
// start.
std::vector<Words> words_of(const TextBlock& block) {
  std::vector<Words> pieces;
  const auto add = [&](size_t from, size_t to, bool starts) {
    std::string_view text = std::string_view(block.text).substr(from, to - from);
    if (starts && text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    pieces.push_back({normalised(text), starts});
    if (starts && pieces.back().text.starts_with(' ')) pieces.back().text.erase(0, 1);
  };
  const size_t n = block.starts.size(), first = n > 0 ? block.starts[0] : block.text.size();
  if (first > 0) add(0, first, false);
  for (size_t i = 0; i < n; ++i)
    add(block.starts[i], i + 1 < n ? block.starts[i + 1] : block.text.size(), true);
  return pieces;
}

// Appends a piece to the end of another one.
void append_piece(std::string& text, std::string_view piece) {
  if (piece.starts_with(' ') && text.ends_with(' ')) piece.remove_prefix(1);
  text += piece;
}

// Hash of the last kCopyPiece bytes of a text that is read byte by byte.
class RollingHash {
 public:
  RollingHash() {
    for (size_t i = 0; i < kCopyPiece; ++i) leaving_ *= kFactor;
  }
  uint64_t value() const { return hash_; }
  void add(char in) { hash_ = hash_ * kFactor + value_of(in); }
  // The same when the window is full: `out` leaves it.
  void move(char in, char out) {
    hash_ = hash_ * kFactor + value_of(in) - leaving_ * value_of(out);
  }

 private:
  static uint64_t value_of(char c) { return static_cast<unsigned char>(c) + uint64_t{1}; }

  uint64_t hash_ = 0, leaving_ = 1;
};

uint64_t piece_hash(std::string_view piece) {
  RollingHash hash;
  for (const char c : piece) hash.add(c);
  return hash.value();
}

struct Piece {
  uint64_t hash = 0;
  uint32_t file = 0;   // held-out file
  uint32_t found = 0;  // training file + 1; 0: not seen there
};

// The pieces of the held-out files, and which of them the training text has.
class PieceIndex {
 public:
  explicit PieceIndex(const std::vector<CorpusFile>& files) : filter_(1u << kFilterBits) {
    const uint64_t step = kCopyPiece * (1 + bytes_of(files) / kCopyPiece / kMostPieces);
    std::string text;              // of the current document, from byte `begin` of all
    uint64_t begin = 0, next = 0;  // next: where the next piece starts
    std::optional<size_t> file;
    const auto take = [&] {
      for (; next + kCopyPiece <= begin + text.size(); next += step)
        if (next >= begin)
          pieces_.push_back({piece_hash(std::string_view(text).substr(next - begin, kCopyPiece)),
                             static_cast<uint32_t>(*file)});
      if (next <= begin) return;
      const uint64_t done = std::min<uint64_t>(next - begin, text.size());
      text.erase(0, done);
      begin += done;
    };
    const auto end_document = [&] {
      begin += text.size();
      text.clear();
    };
    const auto normalise = [](size_t, const TextBlock& block) { return words_of(block); };
    const auto add = [&](size_t f, const TextBlock&, const std::vector<Words>& pieces) {
      if (file != f) begin = next = 0, text.clear();
      file = f;
      for (const Words& piece : pieces) {
        if (piece.starts) end_document();
        if (next < begin) next += (begin - next + step - 1) / step * step;
        append_piece(text, piece.text);
        take();
      }
    };
    for_each_block(files, normalise, add);
    std::sort(pieces_.begin(), pieces_.end(),
              [](const Piece& a, const Piece& b) { return a.hash < b.hash; });
    for (const Piece& piece : pieces_) filter_[slot(piece.hash)] = true;
  }

  // The hashes of the pieces that `text` holds.
  void look_in(std::string_view text, std::vector<uint64_t>& found) const {
    RollingHash hash;
    for (size_t i = 0; i < text.size(); ++i) {
      if (i < kCopyPiece)
        hash.add(text[i]);
      else
        hash.move(text[i], text[i - kCopyPiece]);
      if (i + 1 < kCopyPiece || !filter_[slot(hash.value())]) continue;
      const auto at = first_of(hash.value());
      if (at != pieces_.end() && at->hash == hash.value()) found.push_back(hash.value());
    }
  }

  void mark(uint64_t hash, uint32_t file) {
    const auto first = pieces_.begin() + (first_of(hash) - pieces_.cbegin());
    for (auto it = first; it != pieces_.end() && it->hash == hash && it->found == 0; ++it)
      it->found = file + 1;
  }

  const std::vector<Piece>& pieces() const { return pieces_; }

 private:
  static size_t slot(uint64_t hash) {
    return (hash ^ (hash >> 29)) * kFactor >> (64 - kFilterBits);
  }
  std::vector<Piece>::const_iterator first_of(uint64_t hash) const {
    return std::lower_bound(pieces_.begin(), pieces_.end(), hash,
                            [](const Piece& p, uint64_t h) { return p.hash < h; });
  }

  std::vector<bool> filter_;
  std::vector<Piece> pieces_;
};

// What one block of the training text holds, and its ends: a piece may lie across two blocks.
struct Look {
  std::vector<uint64_t> found;
  std::string head, tail;              // less than a piece
  bool starts = false, whole = false;  // whole: head is all there is
};

Look look_at(const PieceIndex& index, const TextBlock& block) {
  Look look;
  const std::vector<Words> pieces = words_of(block);
  for (const Words& piece : pieces) index.look_in(piece.text, look.found);
  if (pieces.empty()) return look;
  constexpr size_t kPart = kCopyPiece;  // one more than needed: a blank may be dropped
  const std::string &first = pieces.front().text, &last = pieces.back().text;
  look.starts = pieces.front().starts;
  look.whole = pieces.size() == 1;
  look.head = first.substr(0, kPart);
  look.tail = last.substr(last.size() - std::min(last.size(), kPart));
  return look;
}

void mark_copies(PieceIndex& index, const std::vector<CorpusFile>& train,
                 const std::function<void(uint64_t)>& progress) {
  std::string end;  // of the text before
  for_each_block(
      train, [&index](size_t, const TextBlock& block) { return look_at(index, block); },
      [&](size_t file, const TextBlock& block, Look& look) {
        if (!look.starts) {
          std::string across = end;
          append_piece(across, look.head);
          index.look_in(across, look.found);
        }
        for (const uint64_t hash : look.found) index.mark(hash, static_cast<uint32_t>(file));
        if (!look.whole || look.starts) end.clear();
        append_piece(end, look.tail);
        end.erase(0, end.size() - std::min(end.size(), kCopyPiece));
        progress(block.text.size());
      });
}

}  // namespace

Copies find_copies(const std::vector<CorpusFile>& train, const std::vector<CorpusFile>& held_out,
                   const std::function<void(uint64_t)>& progress) {
  PieceIndex index(held_out);
  mark_copies(index, train, progress);
  Copies copies;
  std::vector<std::map<uint32_t, uint64_t>> sources(held_out.size());
  for (const CorpusFile& file : held_out) copies.files.push_back({file.name, "", 0, 0});
  for (const Piece& piece : index.pieces()) {
    ++copies.files[piece.file].pieces;
    if (piece.found > 0) ++sources[piece.file][piece.found - 1];
  }
  uint64_t all = 0;
  for (size_t f = 0; f < held_out.size(); ++f) {
    CopiedFile& file = copies.files[f];
    uint64_t found = 0, most = 0;
    for (const auto& [source, count] : sources[f]) {
      found += count;
      if (count <= most) continue;
      most = count;
      file.source = train[source].name;
    }
    all += found;
    if (file.pieces > 0) file.share = static_cast<double>(found) / static_cast<double>(file.pieces);
  }
  if (!index.pieces().empty())
    copies.share = static_cast<double>(all) / static_cast<double>(index.pieces().size());
  return copies;
}

std::vector<Problem> copy_problems(const Copies& copies, const std::string& split) {
  const std::string fix = "remove one of the two, or give --allow-copies";
  std::vector<Problem> problems;
  for (const CopiedFile& file : copies.files)
    if (file.pieces >= kFewPieces && file.share >= kFileLimit)
      problems.push_back({fmt::format("{:.0f}% of this {} text also stands in the training text, "
                                      "most of it in '{}'",
                                      100 * file.share, split, file.source),
                          file.name, fix});
  if (problems.empty() && copies.share >= kSplitLimit)
    problems.push_back({fmt::format("{:.0f}% of the {} text also stands in the training text",
                                    100 * copies.share, split),
                        "sinkmoe data import", "remove repeated texts, or give --allow-copies"});
  return problems;
}

}  // namespace sinkmoe::data
