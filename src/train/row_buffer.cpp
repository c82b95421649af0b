#include "train/row_buffer.h"

namespace sinkmoe::train {

RowBuffer::RowBuffer(const TrainHooks& hooks) : hooks_(hooks), buffered_(hooks) {
  buffered_.metrics = [this](const std::vector<MetricRow>& rows) {
    rows_.insert(rows_.end(), rows.begin(), rows.end());
    if (std::chrono::duration<double>(Clock::now() - flushed_).count() >= kSeconds) flush();
  };
  buffered_.event = [this](const EventRow& event) {
    flush();
    hooks_.event(event);
  };
  buffered_.checkpoint = [this](int64_t step, const std::filesystem::path& file, bool final) {
    flush();
    hooks_.checkpoint(step, file, final);
  };
}

void RowBuffer::flush() {
  if (!rows_.empty()) hooks_.metrics(rows_);
  rows_.clear();
  flushed_ = Clock::now();
}

}  // namespace sinkmoe::train
