// Requests to the live page, with a real client.
#include "live/server.h"

#include <gmock/gmock.h>
#include <httplib.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "store/fixture.h"

namespace sinkmoe::live {
namespace {

using testing::HasSubstr;
using testing::Not;

class Page : public testing::Test {
 protected:
  Page() {
    store::Store store(folder_ / "r.db");
    store.put_experiment(store::experiment_row({store::run_row("sink", 0, 0)}));
    store::complete(store, "sink-0-s0", 2);
  }
  ~Page() override {
    server_.stop();
    thread_.join();
  }
  httplib::Result get(const std::string& path, const httplib::Headers& headers = {}) {
    return httplib::Client("127.0.0.1", server_.port()).Get(path, headers);
  }

  store::Folder folder_;
  Server server_{folder_ / "r.db", 0};
  std::thread thread_{[this] { server_.run(); }};
};

TEST_F(Page, IsOneDocumentWithItsStyleAndScript) {
  const auto page = get("/");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->status, 200);
  EXPECT_THAT(page->body, HasSubstr("live.js"));
  EXPECT_EQ(get("/live.js")->get_header_value("Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/live.css")->status, 200);
  // Nothing from elsewhere: no address with a host.
  for (const char* path : {"/", "/live.js", "/live.css"}) {
    std::string text = get(path)->body;
    const std::string svg = "http://www.w3.org/2000/svg";  // a name, not an address
    if (const size_t at = text.find(svg); at != text.npos) text.erase(at, svg.size());
    EXPECT_THAT(text, Not(HasSubstr("//w"))) << path;
    EXPECT_THAT(text, Not(HasSubstr("http"))) << path;
  }
}

TEST_F(Page, GivesTheSweepAsJson) {
  const auto answer = get("/sweep?experiment=quick");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  const auto json = nlohmann::json::parse(answer->body);
  EXPECT_EQ(json["experiment"], "quick");
  EXPECT_EQ(json["last"]["run"], "sink-0-s0");
  EXPECT_EQ(get("/experiments")->body, R"([["quick","A title"]])");
}

TEST_F(Page, AnUnknownExperimentIsAnErrorNotAnEnd) {
  const auto answer = get("/sweep?experiment=%27%3B%20drop%20table%20run");
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 404);
  EXPECT_THAT(answer->body, HasSubstr("the database has no experiment '"));
  EXPECT_THAT(get("/sweep?experiment=quikc")->body, HasSubstr("did you mean 'quick'?"));
  EXPECT_EQ(get("/sweep")->status, 200);
}

TEST_F(Page, AQueryThatNobodyWouldSendIsRefused) {
  for (const char* query : {"experiment=%zz", "experiment=%4", "experiment=%ff", "name=quick",
                            "experiment=a&experiment=b", "experiment=quick&x=1"}) {
    const auto answer = get(std::string("/sweep?") + query);
    ASSERT_TRUE(answer) << query;
    EXPECT_EQ(answer->status, 400) << query;
  }
}

// A web page elsewhere may have its name resolve to this computer; its requests carry that name.
TEST_F(Page, OnlyThisComputersNamesAreAnswered) {
  for (const char* host :
       {"evil.example", "evil.example:80", "localhost.evil.example", "127.0.0.1.evil.example",
        "[::1].evil.example", "localhost:1:2", "0.0.0.0", "localhost:"})
    EXPECT_EQ(get("/sweep", {{"Host", host}})->status, 403) << host;
  for (const char* host : {"localhost", "127.0.0.1:8765", "localhost:99", "[::1]:8765"})
    EXPECT_EQ(get("/sweep", {{"Host", host}})->status, 200) << host;
  EXPECT_EQ(get("/sweep", {{"Host", ""}})->status, 400) << "no name at all";
}

// A proxy and a server that take different ones of two headers can be played against each other.
TEST_F(Page, TwoHostHeadersAreRefused) {
  const httplib::Headers two = {{"Host", "localhost"}, {"Host", "evil.example"}};
  const auto answer = get("/sweep", two);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
}

TEST_F(Page, CanOnlyBeRead) {
  httplib::Client client("127.0.0.1", server_.port());
  EXPECT_EQ(client.Post("/sweep", "x", "text/plain")->status, 405);
  EXPECT_EQ(client.Delete("/sweep")->status, 405);
  EXPECT_EQ(client.Options("/")->status, 405);
  const auto head = client.Head("/");
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->body, "");
}

TEST_F(Page, NoPathLeadsToAFile) {
  for (const char* path : {"/../r.db", "/r.db", "/%2e%2e/%2e%2e/etc/passwd", "//etc/passwd",
                           "/live.js/../../r.db", "/live.js%00.db"}) {
    const auto answer = get(path);
    ASSERT_TRUE(answer) << path;
    EXPECT_EQ(answer->status, 404) << path;
    EXPECT_THAT(answer->body, Not(HasSubstr("SQLite"))) << path;
  }
}

TEST_F(Page, EveryAnswerForbidsWhatThePageDoesNotNeed) {
  for (const char* path : {"/", "/sweep", "/nothing"}) {
    const auto answer = get(path);
    ASSERT_TRUE(answer);
    const std::string policy = answer->get_header_value("Content-Security-Policy");
    EXPECT_THAT(policy, HasSubstr("default-src 'none'")) << path;
    EXPECT_THAT(policy, Not(HasSubstr("unsafe"))) << path;
    EXPECT_EQ(answer->get_header_value("X-Content-Type-Options"), "nosniff") << path;
    EXPECT_EQ(answer->get_header_value("Access-Control-Allow-Origin"), "") << path;
  }
}

TEST_F(Page, TwoServersCannotShareAPort) {
  EXPECT_THROW(Server(folder_ / "r.db", server_.port()), Error);
}

}  // namespace
}  // namespace sinkmoe::live
