// What a call complains about, as one text.
#pragma once

#include <string>

#include "core/error.h"

namespace sinkmoe {

// "" when `call` throws nothing; every problem on lines of its own otherwise.
template <class F>
std::string complaint(F&& call) {
  try {
    call();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

}  // namespace sinkmoe
