// Hands one run from a database to another, and back: a task of a scheduler trains in a database of its own, so that one
// file is never written by several machines.
#pragma once

#include <filesystem>
#include <string>

#include "store/store.h"

namespace sinkmoe::store {

// Makes the run in `to` equal to the run in the file `from`: status, parameters, attempts, metrics, events and checkpoints,
// finished or not. Leases, lists, tags and notes stay as they are on both sides. One transaction; repeating it changes
// nothing. Throws Error, with nothing written: no such run in `from`, another configuration under its run_id, a file of
// another version or purpose.
void copy_run(Store& to, const std::filesystem::path& from, const std::string& run_id);

}  // namespace sinkmoe::store
