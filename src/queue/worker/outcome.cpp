#include "queue/worker/outcome.h"

namespace sinkmoe::queue {

Outcome outcome_of(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::no_space:
      return Outcome::disk;
    case ErrorKind::memory:
      return Outcome::memory;
    case ErrorKind::io:
    case ErrorKind::busy:
    case ErrorKind::read_only:
      return Outcome::io;
    case ErrorKind::bad_input:
    case ErrorKind::statement:
      break;
  }
  return Outcome::user;
}

}  // namespace sinkmoe::queue
