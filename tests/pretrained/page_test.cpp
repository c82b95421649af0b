// The page, the rows and the lists of heads, on fixed numbers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>

#include "config/problems.h"
#include "core/file.h"
#include "pretrained/page/page.h"
#include "pretrained/rows/rows.h"

namespace sinkmoe::pretrained {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

HeadsResult two_layers() {
  const Grid importance = {{0.9, 0.95}, {0.05, 0.6}};
  return {.rows = 3,
          .context = 128,
          .loss = 2.5,
          .bits_per_byte = 1.25,
          .importance = importance,
          .first_weight = {{0.1, 0.05}, {0.95, 0.4}},
          .value_ratio = {{1, 1}, {0.25, 0.25}},
          .out_norm = {{1, 1}, {0.5, 1.5}},
          .gate_low = importance,
          .gate_high = importance,
          .short_context = 64,
          .short_importance = importance,
          .short_first_weight = {{0.1, 0.35}, {0.95, 0.4}},
          .cv = {0.027, 0.846},
          .windowed = {true, false}};
}

std::string page_of(const std::string& name) {
  Architecture a{.family = "llama", .width = 32, .heads = 2, .kv_heads = 1, .head_width = 16};
  a.layers.resize(2);
  const HeadsResult result = two_layers();
  return heads_page({.name = name,
                     .text = "a.txt",
                     .bos = "BOS",
                     .version = "abc",
                     .architecture = a,
                     .result = result});
}

TEST(Heads, ClosedAndDominantOnesAreNamed) {
  const auto closed = closed_heads(two_layers()), dominant = dominant_heads(two_layers());
  ASSERT_EQ(closed.size(), 1u);
  EXPECT_EQ(std::pair(closed[0].layer, closed[0].head), std::pair(int64_t{1}, int64_t{0}));
  ASSERT_EQ(dominant.size(), 1u);  // 0.6 is 1.85 times the mean of its layer
  EXPECT_EQ(std::pair(dominant[0].layer, dominant[0].head), std::pair(int64_t{1}, int64_t{1}));
}

TEST(Page, ShowsEveryNumberThatIsAskedFor) {
  const std::string page = page_of("tiny");
  for (const char* text : {"layer 1, head 0: 0.050", "2.5000 nats", "<td>1.250</td>", "T = 64",
                           "T = 128", "<td>75.0%</td><td>50.0%</td>", "L1H0 (0.05)", "L1H1 (0.60)",
                           "0 (window)", "layer 1, key/value head 0: 0.250", "layer 1: 0.846"})
    EXPECT_THAT(page, HasSubstr(text));
}

TEST(Page, NeedsNeitherNetworkNorScripts) {
  const std::string page = page_of("tiny");
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  const std::regex outside(R"re((src|href)="|url\()re");
  EXPECT_FALSE(std::regex_search(page, outside));
}

TEST(Page, EscapesTheNameOfTheFolder) { EXPECT_THAT(page_of("<b>&\"x\""), Not(HasSubstr("<b>"))); }

// Texts of one-byte tokens, except that token i takes bytes[i] bytes.
data::EncodedText text(std::vector<int32_t> ids, std::vector<uint32_t> bytes = {}) {
  if (bytes.empty()) bytes.assign(ids.size(), 1);
  return {.ids = std::move(ids), .bytes = std::move(bytes)};
}

TEST(Rows, AreCutAtEqualDistancesWithinDocuments) {
  const TokenRows r = cut_rows({text({0, 1, 2, 3, 4, 5, 6}, {0, 1, 2, 3, 4, 5, 6}), text({7}),
                                text({8, 9, 10, 11, 12, 13}, {8, 9, 10, 11, 12, 13})},
                               {.context = 2, .rows = 2});
  EXPECT_THAT(r.rows, ElementsAre(ElementsAre(0, 1, 2), ElementsAre(8, 9, 10)));
  EXPECT_EQ(r.target_bytes, 1 + 2 + 9 + 10);
}

TEST(Rows, WithBosTakeOneTokenLess) {
  const TokenRows r =
      cut_rows({text({5, 6, 7, 8}, {3, 3, 3, 3})}, {.context = 2, .rows = 9, .bos = 1});
  EXPECT_THAT(r.rows, ElementsAre(ElementsAre(1, 5, 6), ElementsAre(1, 7, 8)));
  EXPECT_EQ(r.target_bytes, 12);
}

TEST(Rows, OfTextsThatAreTooShortAreRefused) {
  EXPECT_THAT(complaint([] { cut_rows({text({1, 2})}, {.context = 4}); }),
              HasSubstr("the longest text has 2 tokens, a row needs 5"));
}

std::string file_refused(const std::string& content) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "sinkmoe_rows.txt";
  write_file_atomic(file, content);
  return complaint([&] { read_rows(file); });
}

TEST(Rows, OfAFileAreReadOrRefusedByLine) {
  EXPECT_EQ(file_refused("1 2 3\n\n4\t5  6\r\n"), "");
  EXPECT_THAT(file_refused("1 2 3\n4 5\n"), HasSubstr(":2: 2 tokens, the first row has 3"));
  EXPECT_THAT(file_refused("1 x 3\n"), HasSubstr(":1: not a list of token ids"));
  EXPECT_THAT(file_refused("1 -2 3\n"), HasSubstr("not a list of token ids"));
  EXPECT_THAT(file_refused("1 99999999999\n"), HasSubstr("not a list of token ids"));
  EXPECT_THAT(file_refused("1\n"), HasSubstr("at least 2"));
  EXPECT_THAT(file_refused("\n"), HasSubstr("holds no row"));
}

}  // namespace
}  // namespace sinkmoe::pretrained
