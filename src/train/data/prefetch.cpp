#include "train/data/prefetch.h"

#include <signal.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace sinkmoe::train {

// One request at a time: requested, computed, collected.
class BatchAhead::Thread {
 public:
  explicit Thread(const BatchAhead& owner) : owner_(owner) {
    // Signals go to the other threads.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    thread_ = std::thread([this] { work(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  ~Thread() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void ask(const Wanted& wanted) {
    {
      const std::lock_guard lock(mutex_);
      asked_ = wanted;
      made_.reset();
      done_.reset();
      error_ = nullptr;
    }
    changed_.notify_all();
  }

  // The batch that was requested last, or nothing if that was another one.
  std::optional<Batch> collect(const Wanted& wanted) {
    std::unique_lock lock(mutex_);
    if (asked_ != wanted) return {};
    changed_.wait(lock, [&] { return made_ || error_; });
    if (error_) std::rethrow_exception(error_);
    return std::exchange(made_, std::nullopt);
  }

 private:
  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock,
                    [&] { return stop_ || (asked_ && !made_ && !error_ && asked_ != done_); });
      if (stop_) return;
      const Wanted wanted = *asked_;
      lock.unlock();
      std::optional<Batch> batch;
      std::exception_ptr error;
      try {
        batch = owner_.make(wanted);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      if (asked_ != wanted) continue;
      made_ = std::move(batch);
      error_ = error;
      done_ = wanted;
      changed_.notify_all();
    }
  }

  const BatchAhead& owner_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Wanted> asked_, done_;
  std::optional<Batch> made_;
  std::exception_ptr error_;
  bool stop_ = false;
  std::thread thread_;
};

BatchAhead::BatchAhead(const data::DataSource& source, const config::RunConfig& config,
                       at::Device device, const ranks::Rows& own)
    : source_(source),
      config_(config),
      device_(device),
      own_(own),
      thread_(std::make_unique<Thread>(*this)) {}

BatchAhead::~BatchAhead() = default;

Batch BatchAhead::make(const Wanted& wanted) const {
  return training_batch(source_, config_, wanted.step, wanted.first_row, wanted.rows, device_,
                        own_);
}

Batch BatchAhead::take(int64_t step, int64_t first_row, int64_t rows) {
  const Wanted wanted{step, first_row, rows};
  std::optional<Batch> batch = thread_->collect(wanted);
  if (!batch) batch = make(wanted);
  const bool last_part = first_row + rows >= config_.train.batch;
  const Wanted next = last_part ? Wanted{step + 1, 0, rows} : Wanted{step, first_row + rows, rows};
  if (next.step < config_.train.steps) thread_->ask(next);
  return std::move(*batch);
}

}  // namespace sinkmoe::train
