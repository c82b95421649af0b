#include "ranks/store.h"

// What LibTorch was built with; its headers ask for these names.
#define USE_DISTRIBUTED
#define USE_C10D_GLOO
#include <ATen/ATen.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <utility>

namespace sinkmoe::ranks {

namespace {

using Seconds = std::chrono::seconds;
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr const char* kThisHost = "127.0.0.1";

// A listening socket that only this host reaches; the store would listen to all.
int listen_on_this_host() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0};
  ::inet_pton(AF_INET, kThisHost, &address.sin_addr);
  if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 128) != 0)
    throw RankLost("cannot listen on 127.0.0.1 for the other ranks");
  return fd;
}

uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

// The first line of a message of c10d, without the stack below it.
std::string first_line(const std::exception& e) {
  const std::string text = e.what();
  return text.substr(0, text.find('\n'));
}

// Every failure of a call into c10d means that a rank, or the way to it, is gone.
template <class F>
auto or_lost(F&& call) {
  try {
    return call();
  } catch (const std::exception& e) {
    throw RankLost(first_line(e));
  }
}

class GlooGroup : public Group {
 public:
  GlooGroup(Store& store, c10::intrusive_ptr<c10d::TCPStore> keys, Seconds patience)
      : store_(store), place_(store.place()) {
    auto options = place_.address == kThisHost
                       ? c10d::ProcessGroupGloo::Options::create(patience)
                       : c10d::ProcessGroupGloo::Options::create_default(patience);
    if (place_.address == kThisHost)
      options->devices.push_back(c10d::ProcessGroupGloo::createDeviceForHostname(kThisHost));
    gloo_ = c10::make_intrusive<c10d::ProcessGroupGloo>(
        std::move(keys), static_cast<int>(place_.rank), static_cast<int>(place_.size), options);
  }

  int64_t rank() const override { return place_.rank; }
  int64_t size() const override { return place_.size; }

  void sum(at::Tensor x) override {
    if (x.numel() == 0) return;
    finish([&](std::vector<at::Tensor>& list) { return gloo_->allreduce(list); }, x);
  }
  void broadcast(at::Tensor x, int64_t from) override {
    if (x.numel() == 0) return;
    finish(
        [&](std::vector<at::Tensor>& list) {
          c10d::BroadcastOptions options;
          options.rootRank = from;
          return gloo_->broadcast(list, options);
        },
        x);
  }
  void send(at::Tensor x, int64_t to) override {
    if (x.numel() == 0) return;
    finish(
        [&](std::vector<at::Tensor>& list) { return gloo_->send(list, static_cast<int>(to), 0); },
        x);
  }
  void receive(at::Tensor x, int64_t from) override {
    if (x.numel() == 0) return;
    finish(
        [&](std::vector<at::Tensor>& list) { return gloo_->recv(list, static_cast<int>(from), 0); },
        x);
  }

  void lead(const std::function<void()>& work) override {
    const std::string key = "led/" + std::to_string(led_++);
    if (place_.rank == 0) {
      work();
      store_.set(key, "done");
    } else {
      while (!store_.get(key)) std::this_thread::sleep_for(kPoll);
    }
  }

 private:
  // Says to the others that this rank waits: a rank that does not say so is the one to name.
  template <class F>
  void finish(F&& start, const at::Tensor& x) {
    std::vector<at::Tensor> list = {x};
    try {
      or_lost([&] { return start(list)->wait(); });
    } catch (const RankLost&) {
      try {
        store_.set("waiting/" + std::to_string(place_.rank), "yes");
      } catch (const RankLost&) {  // rank 0 is gone
      }
      throw;
    }
  }

  Store& store_;
  const Place place_;
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo_;
  int64_t led_ = 0;
};

}  // namespace

struct Store::Impl {
  c10::intrusive_ptr<c10d::TCPStore> keys;
  uint16_t port = 0;
};

Store::Store(const Place& place, Seconds patience)
    : place_(place), impl_(std::make_unique<Impl>()) {
  c10d::TCPStoreOptions options;
  options.isServer = place.rank == 0;
  options.port = place.port;
  options.waitWorkers = false;
  options.timeout = patience;
  if (place.rank == 0 && place.address == kThisHost && place.port == 0) {
    options.masterListenFd = listen_on_this_host();
    options.port = port_of(*options.masterListenFd);
  }
  impl_->keys =
      or_lost([&] { return c10::make_intrusive<c10d::TCPStore>(place.address, options); });
  impl_->port = impl_->keys->getPort();
}

Store::~Store() = default;

uint16_t Store::port() const { return impl_->port; }

void Store::set(const std::string& key, const std::string& value) {
  or_lost([&] {
    impl_->keys->set(key, std::vector<uint8_t>(value.begin(), value.end()));
    return 0;
  });
}

std::optional<std::string> Store::get(const std::string& key) {
  return or_lost([&]() -> std::optional<std::string> {
    if (!impl_->keys->check({key})) return std::nullopt;
    const std::vector<uint8_t> value = impl_->keys->get(key);
    return std::string(value.begin(), value.end());
  });
}

std::string Store::wait_for(const std::string& key, Seconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  do {
    if (auto value = get(key)) return *value;
    std::this_thread::sleep_for(kPoll);
  } while (std::chrono::steady_clock::now() < until);
  throw RankLost("no '" + key + "' within " + std::to_string(patience.count()) + " s");
}

std::unique_ptr<Group> Store::connect(Seconds patience) {
  impl_->keys->setTimeout(patience);
  return or_lost([&]() -> std::unique_ptr<Group> {
    return std::make_unique<GlooGroup>(*this, impl_->keys, patience);
  });
}

}  // namespace sinkmoe::ranks
