#include "attention/check_shapes.h"

#include <ATen/ATen.h>

#include <sstream>
#include <stdexcept>

namespace sinkmoe::attention {
void check_shapes(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, SinkMode mode,
                  const at::Tensor& sink) {
  const auto require = [&](bool holds, const char* why) {
    if (holds) return;
    std::ostringstream text;
    text << "attention: " << why << " (q " << q.sizes() << ", k " << k.sizes() << ", v "
         << v.sizes() << ")";
    throw std::invalid_argument(text.str());
  };
  require(q.dim() == 4 && k.dim() == 4 && v.dim() == 4, "q, k, v need four dimensions");
  require(k.sizes() == v.sizes(), "k and v differ in shape");
  require(q.size(0) == k.size(0) && q.size(2) == k.size(2) && q.size(3) == k.size(3),
          "q and k differ in rows, tokens or head width");
  require(q.numel() > 0 && k.size(1) > 0, "empty input");
  require(q.size(1) % k.size(1) == 0, "key/value heads do not divide the query heads");
  require(q.scalar_type() == k.scalar_type() && q.scalar_type() == v.scalar_type(),
          "q, k, v differ in type");
  require((mode == SinkMode::logit) == sink.defined(),
          "a sink logit belongs to SinkMode::logit and only there");
  require(!sink.defined() || (sink.dim() == 1 && sink.size(0) == q.size(1)),
          "sink needs one logit per query head");
}

}  // namespace sinkmoe::attention
