#include "live/server.h"

#include <httplib.h>

#include <cctype>
#include <chrono>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "core/text/utf8.h"
#include "live/page.h"
#include "live/view_json.h"
#include "store/read/experiments.h"

namespace sinkmoe::live {

namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr const char* kAddress = "127.0.0.1";
constexpr size_t kPoints = 400, kThreads = 32, kOldest = 20;
constexpr auto kFresh = std::chrono::milliseconds(500);

// "localhost:8080" -> true. The port may be another one, because a tunnel may lead here.
bool is_this_computer(const std::string& host) {
  const std::string name =
      host.starts_with("[") ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
  const std::string rest = host.substr(name.size());
  const bool port = rest.empty() || (rest[0] == ':' && rest.size() > 1 &&
                                     rest.find_first_not_of("0123456789", 1) == rest.npos);
  return port && (name == "localhost" || name == "127.0.0.1" || name == "[::1]");
}

void answer(httplib::Response& response, int status, std::string_view text, const char* type) {
  response.status = status;
  response.set_content(text.data(), text.size(), type);
}

void refuse(httplib::Response& response, int status, const std::string& why) {
  answer(response, status,
         Json{{"error", why}}.dump(-1, ' ', false, Json::error_handler_t::replace),
         "application/json");
}

// What is wrong with the part of the address after the '?'; "" if nothing is.
std::string query_problem(const httplib::Request& request) {
  const std::string query = request.target.find('?') == std::string::npos
                                ? ""
                                : request.target.substr(request.target.find('?') + 1);
  for (size_t i = 0; i < query.size(); ++i)
    if (query[i] == '%' &&
        (i + 2 >= query.size() || !std::isxdigit(static_cast<unsigned char>(query[i + 1])) ||
         !std::isxdigit(static_cast<unsigned char>(query[i + 2]))))
      return "a % in the query stands before two hexadecimal digits";
  for (const auto& [name, value] : request.params) {
    if (name != "experiment") return "the query has 'experiment' only";
    if (!valid_utf8(value)) return "the name of the experiment is not UTF-8";
  }
  return request.params.size() > 1 ? "the query names one experiment" : "";
}

}  // namespace

struct Server::Impl {
  explicit Impl(std::filesystem::path db) : reader(std::move(db)) {}

  // The answer for an experiment, read again if it is older than kFresh.
  std::string sweep(const std::string& experiment) {
    const std::lock_guard lock(mutex);
    const auto now = Clock::now();
    const auto known = kept.find(experiment);
    if (known != kept.end() && now - known->second.at < kFresh) return known->second.text;
    std::string text = to_json(reader.read(experiment), kPoints);
    if (kept.size() > kOldest) kept.clear();
    kept[experiment] = {now, text};
    return text;
  }

  std::string experiments() {
    const std::lock_guard lock(mutex);
    return Json(reader.experiments()).dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  struct Kept {
    Clock::time_point at;
    std::string text;
  };
  httplib::Server http;
  std::mutex mutex;  // for the members below
  SweepReader reader;
  std::map<std::string, Kept> kept;
  int port = 0;
};

Server::Server(std::filesystem::path db, int port) : impl_(std::make_unique<Impl>(std::move(db))) {
  httplib::Server& http = impl_->http;
  Impl* self = impl_.get();
  http.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  // Without the library's SO_REUSEPORT, with which two servers would share a port.
  http.set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  http.set_read_timeout(5);
  http.set_write_timeout(5);
  http.set_keep_alive_timeout(5);
  http.set_payload_max_length(1024);
  http.set_default_headers(
      {{"Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
       {"X-Content-Type-Options", "nosniff"},
       {"Referrer-Policy", "no-referrer"},
       {"Cross-Origin-Resource-Policy", "same-origin"},
       {"Cache-Control", "no-store"}});
  http.set_pre_routing_handler([](const httplib::Request& request, httplib::Response& response) {
    using Result = httplib::Server::HandlerResponse;
    if (request.get_header_value_count("Host") != 1) {
      refuse(response, 400, "a request has one Host header");
      return Result::Handled;
    }
    if (!is_this_computer(request.get_header_value("Host"))) {
      refuse(response, 403, "this page is for localhost");
      return Result::Handled;
    }
    if (request.method != "GET" && request.method != "HEAD") {
      response.set_header("Allow", "GET, HEAD");
      refuse(response, 405, "this page can only be read");
      return Result::Handled;
    }
    return Result::Unhandled;
  });
  const auto fixed = [&](const char* path, std::string_view text, const char* type) {
    http.Get(path, [text, type](const httplib::Request&, httplib::Response& response) {
      answer(response, 200, text, type);
    });
  };
  fixed("/", kPageHtml, "text/html; charset=utf-8");
  fixed("/live.css", kPageStyle, "text/css; charset=utf-8");
  fixed("/live.js", kPageScript, "text/javascript; charset=utf-8");
  const auto read = [&](const char* path, auto text_for) {
    http.Get(path, [text_for](const httplib::Request& request, httplib::Response& response) {
      try {
        if (const std::string bad = query_problem(request); !bad.empty())
          return refuse(response, 400, bad);
        answer(response, 200, text_for(request), "application/json");
      } catch (const store::UnknownExperiment& error) {
        refuse(response, 404, error.what());
      } catch (const Error& error) {
        refuse(response, 503, error.what());
      }
    });
  };
  read("/sweep", [self](const httplib::Request& request) {
    return self->sweep(request.get_param_value("experiment"));
  });
  read("/experiments", [self](const httplib::Request&) { return self->experiments(); });
  http.set_error_handler([](const httplib::Request&, httplib::Response& response) {
    if (response.body.empty()) refuse(response, response.status, "there is nothing here");
  });
  impl_->port =
      port == 0 ? http.bind_to_any_port(kAddress) : (http.bind_to_port(kAddress, port) ? port : -1);
  if (impl_->port < 0)
    throw Error("cannot listen on port " + std::to_string(port), kAddress,
                "another program uses it: give another --port, or 0 for any free one");
}

Server::~Server() = default;
int Server::port() const { return impl_->port; }
void Server::run() { impl_->http.listen_after_bind(); }

// Before run() has begun to listen, stop() of the library does nothing.
void Server::stop() {
  for (int i = 0; i < 1000 && !impl_->http.is_running(); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  impl_->http.stop();
}

}  // namespace sinkmoe::live
