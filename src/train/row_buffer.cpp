#include "train/row_buffer.h"

#include <utility>

namespace sinkmoe::train {

void RowBuffer::metrics(const std::vector<MetricRow>& rows) {
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  if (std::chrono::duration<double>(Clock::now() - flushed_).count() >= kSeconds) flush();
}

void RowBuffer::event(const EventRow& event) {
  flush();
  out_.event(event);
}

void RowBuffer::checkpoint(int64_t step, const std::filesystem::path& file, bool final) {
  flush();
  out_.checkpoint(step, file, final);
}

void RowBuffer::flush() {
  const std::vector<MetricRow> rows = std::exchange(rows_, {});
  if (!rows.empty()) out_.metrics(rows);
  flushed_ = Clock::now();
}

}  // namespace sinkmoe::train
