#include "data/import/journal.h"

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/text/split_join.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxJournal = uint64_t{64} << 20;

std::string line_of(const Journal& journal) {
  return Json{{"key", journal.key}, {"model", journal.model_hash}, {"copied", journal.copied}}
             .dump() +
         "\n";
}

std::string line_of(const FinishedPiece& piece) {
  return Json{{"split", piece.split},   {"file", piece.next.file},         {"at", piece.next.at},
              {"ids", piece.count.ids}, {"bytes", piece.count.text_bytes}, {"sha256", piece.hash}}
             .dump() +
         "\n";
}

FinishedPiece piece_of(const Json& line) {
  return {.split = line.at("split"),
          .next = {.file = line.at("file"), .at = line.at("at"), .inside = true},
          .count = {.ids = line.at("ids"), .text_bytes = line.at("bytes")},
          .hash = line.at("sha256")};
}

}  // namespace

std::optional<Journal> read_journal(const fs::path& folder) {
  const fs::path file = folder / kJournalName;
  std::error_code error;
  if (!fs::is_regular_file(file, error)) return std::nullopt;
  std::optional<Journal> journal;
  try {
    for (const std::string& line : split(read_file(file, kMaxJournal), '\n')) {
      const Json json = Json::parse(line);
      if (!journal)
        journal = Journal{.key = json.at("key"),
                          .model_hash = json.at("model"),
                          .copied = json.at("copied").get<std::map<std::string, double>>()};
      else
        journal->pieces.push_back(piece_of(json));
    }
  } catch (const nlohmann::json::exception&) {  // what was read before is right
  }
  return journal;
}

JournalWriter::JournalWriter(const fs::path& folder, const Journal& journal)
    : has_pieces_(!journal.pieces.empty()) {
  std::string text = line_of(journal);
  for (const FinishedPiece& piece : journal.pieces) text += line_of(piece);
  write_file_atomic(folder / kJournalName, text);
  file_ = std::make_unique<LongFile>(folder / kJournalName, text.size());
}

void JournalWriter::add(const FinishedPiece& piece) {
  file_->append(line_of(piece));
  file_->sync();
  has_pieces_ = true;
}

}  // namespace sinkmoe::data
