#include "inference/in_parallel.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace sinkmoe::inference {

namespace {

class Tasks {
 public:
  Tasks(int64_t count, const std::function<std::function<void()>(int64_t)>& work)
      : count_(count), work_(work) {}

  void take_all() {
    try {
      for (int64_t i = take(); i < count_; i = take()) in_turn(i, work_(i));
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
      turn_changed_.notify_all();
    }
  }

  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  int64_t take() {
    const std::lock_guard lock(mutex_);
    return failure_ ? count_ : next_++;
  }

  // Tasks are assigned in order, so the task whose turn it is always has a thread.
  void in_turn(int64_t i, const std::function<void()>& rest) {
    std::unique_lock lock(mutex_);
    turn_changed_.wait(lock, [&] { return turn_ == i || failure_; });
    if (failure_) return;
    lock.unlock();
    if (rest) rest();
    lock.lock();
    ++turn_;
    turn_changed_.notify_all();
  }

  const int64_t count_;
  const std::function<std::function<void()>(int64_t)>& work_;
  std::mutex mutex_;
  std::condition_variable turn_changed_;
  int64_t next_ = 0, turn_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void in_parallel(int64_t tasks, const std::function<std::function<void()>(int64_t)>& work) {
  const int threads = at::get_num_threads();
  Tasks shared(tasks, work);
  const auto alone = [&shared] {
    const at::NoGradGuard no_grad;
    at::set_num_threads(1);
    shared.take_all();
  };
  std::vector<std::jthread> others;
  for (int64_t i = 1; i < std::min<int64_t>(threads, tasks); ++i) others.emplace_back(alone);
  alone();
  others.clear();  // joins
  at::set_num_threads(threads);
  shared.rethrow();
}

}  // namespace sinkmoe::inference
