// How long a call waits for other programs that hold the database file.
#pragma once

#include <functional>

namespace sinkmoe::store {

struct Patience {
  double seconds = 60;  // then the call throws StoreError (busy); infinity: no limit
  // Called about ten times a second while a call waits, with the seconds so far; false ends the wait.
  std::function<bool(double)> go_on = {};
};

}  // namespace sinkmoe::store
