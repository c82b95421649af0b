// Runs independent parts of a forward pass on all cores.
#pragma once

#include <cstdint>
#include <functional>

namespace sinkmoe::inference {

// Calls work(i) for i in [0, tasks) on at::get_num_threads() threads. Each task runs on one thread:
// on a busy machine this is several times as fast as splitting every operation over the threads.
// The function that work(i) returns (may be empty) is called in the order of i, one at a time, so
// that sums do not depend on the number of threads. Gradients are off. Rethrows the first
// exception.
void in_parallel(int64_t tasks, const std::function<std::function<void()>(int64_t)>& work);

}  // namespace sinkmoe::inference
