// Work on all cores, of which the results come in the order of the input.
#pragma once

#include <algorithm>
#include <deque>
#include <future>
#include <thread>
#include <type_traits>
#include <utility>

namespace sinkmoe::data {

// `next` returns an optional item, null after the last. `work(item)` runs on several threads;
// `consume(result)` runs here, in the order of the items. About two items for each core are in memory.
// An exception of any of the three ends it.
template <class Next, class Work, class Consume>
void in_order(Next&& next, Work&& work, Consume&& consume) {
  using Item = std::decay_t<decltype(*next())>;
  using Result = std::decay_t<std::invoke_result_t<Work&, Item&>>;
  const size_t most = std::max(1u, std::thread::hardware_concurrency()) + 1;
  std::deque<std::future<Result>> running;  // its destructor waits for the threads
  const auto finish_one = [&] {
    std::future<Result> first = std::move(running.front());
    running.pop_front();
    consume(first.get());
  };
  while (auto item = next()) {
    if (running.size() >= most) finish_one();
    running.push_back(std::async(std::launch::async,
                                 [&work, own = std::move(*item)]() mutable { return work(own); }));
  }
  while (!running.empty()) finish_one();
}

}  // namespace sinkmoe::data
