// The page index.html: what it says first, that its links lead somewhere, and that it needs no
// network.
#include "report/page/page.h"

#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "hand_made.h"
#include "report/page/assets.h"

namespace sinkmoe::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

Document figure_document(const std::string& name, const std::vector<std::string>& claims) {
  Document d = hand_made_figure(kLines, 3);
  d.name = name;
  d.experiment = "quick";
  d.id = name + ".quick";
  d.title = "Title of " + name;
  d.caption = "Caption of " + name + ".";
  d.claims = claims;
  return d;
}

PageInput page_input() {
  PageInput input;
  Document table = hand_made_document();
  table.name = "main_table";
  table.id = "main_table.quick";
  input.documents = {figure_document("late", {"C12"}), figure_document("free", {}), table,
                     figure_document("early", {"C7", "C2"})};
  for (const Document& d : input.documents) {
    input.files[d.id] = {d.id + ".md"};
    if (d.figure)
      input.svg[d.id] =
          "<?xml version=\"1.0\"?>\n<svg width=\"9\" height=\"9\" viewBox=\"0 0 9 9\">\n"
          "<title>Gnuplot</title><defs><circle id='p'/></defs><use href='#p'/></svg>\n";
  }
  input.absent = {"lr_table", "outliers"};
  input.head.database = "my.db";
  input.head.last_run = "2026-01-02 03:04 UTC";
  input.head.claims = {{.claim = "C2",
                        .verdict = "supported",
                        .cells = "1 primary cell",
                        .documents = {"early.quick"},
                        .sentence = "A < B."},
                       {.claim = "C9", .verdict = "not run"}};
  input.head.runs = {{"run_id", "label"}, {{std::string("vanilla-0-0"), std::string("a run")}}};
  return input;
}

std::vector<std::string> found(const std::string& text, const std::string& pattern) {
  std::vector<std::string> list;
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it)
    list.push_back((*it)[1]);
  return list;
}

TEST(Page, ClaimsAndMainTableComeFirstThenFiguresByClaimAndAbsenceLast) {
  const std::string html = render_page(page_input());
  EXPECT_THAT(
      found(html, "<section id=\"([^\"]+)\""),
      ElementsAre("claims", "main_table.quick", "early.quick", "late.quick", "free.quick", "runs"));
  EXPECT_THAT(
      found(html, "<li><a href=\"#([^\"]+)\""),
      ElementsAre("claims", "main_table.quick", "early.quick", "late.quick", "free.quick", "runs"));
  EXPECT_LT(html.find("free.quick"), html.find("No runs yet for lr_table, outliers."));
  EXPECT_THAT(html, HasSubstr("Database my.db, 1 run, the last of which ended on 2026-01-02"));
  EXPECT_THAT(html, HasSubstr("No runs yet for C9."));
  EXPECT_THAT(html, HasSubstr("<tr><td>C2</td><td>A &lt; B.</td><td class=\"v supported\">"));
}

TEST(Page, SweepsOfOnesOwnComeBeforeTheMainTable) {
  PageInput input = page_input();
  input.documents.push_back(input.documents[2]);
  input.documents.back().name = "sweep_table";
  input.documents.back().experiment = "mine";
  input.documents.back().id = "sweep_table.mine";
  const PageOrder order = page_order(input.documents);
  ASSERT_EQ(order.first.size(), 2u);
  EXPECT_EQ(order.first[0]->id, "sweep_table.mine");
  EXPECT_EQ(order.first[1]->id, "main_table.quick");
}

TEST(Page, IdsAreUniqueAndEveryLinkInsideLeadsToOne) {
  const std::string html = render_page(page_input());
  const auto ids = found(html, "\\bid=[\"']([^\"']+)[\"']");
  const std::set<std::string> known(ids.begin(), ids.end());
  EXPECT_EQ(ids.size(), known.size());
  for (const std::string& link : found(html, "href=[\"']#([^\"']+)[\"']"))
    EXPECT_TRUE(known.contains(link)) << link;
  EXPECT_TRUE(known.contains("run-vanilla-0-0")) << "the provenance links to this row";
}

TEST(Page, LoadsNothingAndRunsOnlyItsOwnScript) {
  const std::string html = render_page(page_input());
  EXPECT_THAT(found(html, "(?:src|href|action)=[\"'](https?:[^\"']*)[\"']"), testing::IsEmpty());
  EXPECT_THAT(html, HasSubstr("default-src 'none'"));
  EXPECT_THAT(found(html, "<script([^>]*)>"), ElementsAre(""));
  // SHA-256 of the script in base64, by `openssl dgst -sha256 -binary | base64`.
  const auto hash = found(html, "script-src 'sha256-([^']+)'");
  ASSERT_EQ(hash.size(), 1u);
  EXPECT_EQ(hash[0].size(), 44u);
  EXPECT_THAT(html, HasSubstr("<script>" + std::string(kPageScript) + "</script>"));
}

TEST(Page, AFigureHasItsCaptionOnceItsAltTextAndItsValues) {
  PageInput input = page_input();
  input.documents = {input.documents[0]};
  const std::string html = render_page(input);
  EXPECT_EQ(found(html, ">(Caption of late\\.) ").size(), 1u);
  EXPECT_THAT(html, HasSubstr("role=\"img\" aria-label=\"Title of late. Caption of late.\""));
  EXPECT_THAT(html, Not(HasSubstr("Gnuplot")));
  const Figure& f = *input.documents[0].figure;
  ASSERT_EQ(f.marks.size(), 6u) << "two variants, three steps";
  EXPECT_EQ(f.marks[0].text, "vanilla, step 0: 0.2512 ± 0.0031 (n = 3)");
  EXPECT_THAT(html, HasSubstr("vanilla, step 0: 0.2512"));
  // Without title and caption, which stand in text beside it.
  EXPECT_THAT(html, HasSubstr("viewBox=\"0 " + std::to_string(f.head)));
  EXPECT_GT(f.foot, 0);
}

}  // namespace
}  // namespace sinkmoe::report
