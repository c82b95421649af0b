#include "queue/worker/outcome.h"

#include <cerrno>
#include <cstring>

#include "store/sqlite/store_error.h"

namespace sinkmoe::queue {

namespace {

std::string outcome_of_kind(store::StoreError::Kind kind) {
  switch (kind) {
    case store::StoreError::Kind::disk_full:
      return "disk";
    case store::StoreError::Kind::memory:
      return "oom";
    case store::StoreError::Kind::io:
    case store::StoreError::Kind::busy:
    case store::StoreError::Kind::read_only:
      return "io";
    default:
      return "user";
  }
}

bool names(const std::string& text, std::initializer_list<int> reasons) {
  for (const int reason : reasons)
    if (text.find(std::strerror(reason)) != text.npos) return true;
  return false;
}

}  // namespace

std::string outcome_of(const Error& error) {
  if (const auto* store = dynamic_cast<const store::StoreError*>(&error))
    return outcome_of_kind(store->kind());
  const std::string text = error.what();
  if (names(text, {ENOSPC, EDQUOT})) return "disk";
  if (names(text, {ENOMEM})) return "oom";
  return names(text, {EIO, EAGAIN, EMFILE, ENFILE}) ? "io" : "user";
}

}  // namespace sinkmoe::queue
