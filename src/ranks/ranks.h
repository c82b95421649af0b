// Several processes ("ranks") that train one model: data parallel, each with its rows of every batch.
// Everything here is collective: all ranks make the same calls in the same order.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <stdexcept>

namespace sinkmoe::ranks {

// Another rank has ended, or did not answer in time.
struct RankLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The connection of this rank to the others. Tensors are contiguous and on the CPU. A call throws
// RankLost if a rank does not take part within the group's time limit.
class Group {
 public:
  virtual ~Group() = default;
  virtual int64_t rank() const = 0;  // 0..size-1
  virtual int64_t size() const = 0;
  // x becomes the sum over ranks, with the same bits on each. The bits repeat for a number of ranks.
  virtual void sum(at::Tensor x) = 0;
  virtual void broadcast(at::Tensor x, int64_t from) = 0;
  virtual void send(at::Tensor x, int64_t to) = 0;
  virtual void receive(at::Tensor x, int64_t from) = 0;
  // Rank 0 does the work, for which there is no time limit; the others wait until it is done.
  virtual void lead(const std::function<void()>& work) = 0;
};

// Row r of a batch belongs to rank r mod `ranks`.
struct Rows {
  int64_t rank = 0, ranks = 1;

  // Of the rows [from, from + count): this rank's first one, and how many it has.
  int64_t first(int64_t from) const { return from + (rank - from % ranks + ranks) % ranks; }
  int64_t count(int64_t from, int64_t count) const {
    const int64_t left = from + count - first(from);
    return left <= 0 ? 0 : (left + ranks - 1) / ranks;
  }
};
Rows rows_of(const Group* group);  // null: one process, which has all rows

// This rank's part of the rows over which a mean is taken. No group: one process.
struct Share {
  Group* group = nullptr;
  double part = 1;
};

// The mean over all rows, from each rank's mean over its own rows: the sum over ranks of part * x, in
// fp64. The same bits on every rank. Its gradient is part * d, because the gradients of the
// parameters are summed over ranks afterwards. Without a group: x.
at::Tensor mean_over_ranks(const at::Tensor& x, const Share& share);

// Throws std::runtime_error if x does not have the same bits on every rank, which happens if
// processors of different types take part. `what` names it.
void require_equal(const at::Tensor& x, Group& group, const char* what);

}  // namespace sinkmoe::ranks
