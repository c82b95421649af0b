#include "queue/worker/outbox.h"

namespace sinkmoe::queue {

namespace {
constexpr int64_t kMostBytes = int64_t{64} << 20;
}

Outbox::Outbox() : thread_([this] { work(); }) {}

Outbox::~Outbox() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Outbox::put(std::function<void()> write, int64_t bytes) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return bytes_ < kMostBytes || error_; });
  check_locked();
  waiting_.push_back({std::move(write), bytes});
  bytes_ += bytes;
  lock.unlock();
  changed_.notify_all();
}

void Outbox::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty(); });
  check_locked();
}

void Outbox::check() {
  const std::lock_guard lock(mutex_);
  check_locked();
}

void Outbox::check_locked() const {
  if (error_) std::rethrow_exception(error_);
}

void Outbox::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !waiting_.empty(); });
    if (ending_) return;
    Write& next = waiting_.front();  // others only add at the end
    lock.unlock();
    std::exception_ptr error;
    try {
      next.run();
    } catch (...) {
      error = std::current_exception();
    }
    lock.lock();
    bytes_ -= next.bytes;
    waiting_.pop_front();
    if (error) {
      error_ = error;
      waiting_.clear();
      bytes_ = 0;
    }
    changed_.notify_all();
  }
}

}  // namespace sinkmoe::queue
