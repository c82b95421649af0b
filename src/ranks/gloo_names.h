// The names of Gloo's types that c10d's ProcessGroupGloo.hpp needs. LibTorch contains Gloo, but its
// packages have none of Gloo's own headers. Only declarations are needed: every object of these types
// is made and used inside LibTorch, and our code holds them through std::shared_ptr at most.
// cmake/Torch.cmake puts this file in the place of the missing headers.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace gloo {

class Context {
 public:
  void setTimeout(std::chrono::milliseconds timeout);
};

namespace transport {
class Device;
class UnboundBuffer {
 public:
  virtual ~UnboundBuffer();
};
}  // namespace transport

namespace rendezvous {
class Store {
 public:
  virtual ~Store();
  virtual void set(const std::string& key, const std::vector<char>& data) = 0;
  virtual std::vector<char> get(const std::string& key) = 0;
  virtual void wait(const std::vector<std::string>& keys) = 0;
  virtual void wait(const std::vector<std::string>& keys,
                    const std::chrono::milliseconds& timeout) = 0;
};
}  // namespace rendezvous

}  // namespace gloo
