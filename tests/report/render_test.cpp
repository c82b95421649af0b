#include "report/write/render.h"

#include <gmock/gmock.h>

#include "golden.h"
#include "hand_made.h"
#include "report/page/page.h"

namespace sinkmoe::report {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Render, TableMatchesItsGoldenFiles) {
  const Document d = hand_made_document();
  expect_golden("table.md", render_markdown(d));
  expect_golden("table.tex", render_latex(d));
  expect_golden("table.csv", render_csv(d.data));
  expect_golden("table.json", render_json(d));
}

TEST(Render, FiguresMatchTheirGoldenFiles) {
  expect_golden("lines.gnuplot", hand_made_figure(kLines, 3).figure->script);
  expect_golden("bars.gnuplot", hand_made_figure(kBars).figure->script);
  expect_golden("heatmap.gnuplot", hand_made_figure(kHeatmap).figure->script);
  expect_golden("scatter.gnuplot", hand_made_figure(kScatter).figure->script);
}

TEST(Render, SameInputGivesTheSameBytes) {
  EXPECT_EQ(render_markdown(hand_made_document()), render_markdown(hand_made_document()));
  EXPECT_EQ(render_json(hand_made_document()), render_json(hand_made_document()));
  EXPECT_EQ(hand_made_figure(kLines).figure->script, hand_made_figure(kLines).figure->script);
}

TEST(Render, EveryFormatCarriesItsProvenance) {
  const Document d = hand_made_document();
  const std::string hash = d.provenance.query_sha256.substr(0, 12);
  for (const std::string& text : {render_markdown(d), render_latex(d), render_json(d)}) {
    EXPECT_THAT(text, HasSubstr(hash));
    EXPECT_THAT(text, HasSubstr("c0ffee0123456789"));
    EXPECT_THAT(text, HasSubstr("vanilla-w-2"));
  }
  EXPECT_THAT(render_csv(d.data), HasSubstr("vanilla-w-0 vanilla-w-1 vanilla-w-2"));
  EXPECT_THAT(render_csv(d.data), HasSubstr(d.provenance.query_sha256));
}

// A variant whose name attacks every format at once.
Document hostile_document(const std::string& name) {
  Table rows = hand_made_rows();
  for (auto& row : rows.rows)
    if (to_text(row[0]) == "sink") row[0] = name;
  return hand_made_document(kTableSpec, rows);
}

TEST(Render, HostileNamesAreHarmlessInMarkdownAndHtml) {
  const Document d = hostile_document("<script>alert(1)</script>|[a](http://x)`\x1b[31m\nnext");
  const std::string md = render_markdown(d);
  EXPECT_THAT(md, Not(HasSubstr("<script")));
  EXPECT_THAT(md, HasSubstr("\\|[a\\](http://x)\\`?[31m next"));
  PageInput input;
  input.documents = {d};
  const std::string html = render_page(input);
  EXPECT_THAT(html, Not(HasSubstr("<script>alert")));
  EXPECT_THAT(html, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
}

TEST(Render, HostileNamesAreHarmlessInLatex) {
  const std::string tex =
      render_latex(hostile_document("\\input{/etc/passwd} $x$ a_b^c #1 & 100% ~"));
  EXPECT_THAT(tex, Not(HasSubstr("\\input")));
  EXPECT_THAT(tex, HasSubstr("\\textbackslash{}input\\{/etc/passwd\\} \\$x\\$ "
                             "a\\_b\\textasciicircum{}c \\#1 \\& 100\\% "
                             "\\textasciitilde{}"));
}

TEST(Render, HostileNamesAreHarmlessInCsvAndJson) {
  const std::string csv = render_csv(hostile_document("=HYPERLINK(\"http://x\",\"y\")").data);
  EXPECT_THAT(csv, HasSubstr("\n\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\","));
  const std::string json = render_json(hostile_document("a\"},{\"\x01\x80"));
  EXPECT_THAT(json, HasSubstr("a\\\"},{\\\"??"));
}

TEST(Render, CsvKeepsNegativeNumbersAsNumbers) {
  EXPECT_EQ(render_csv({{"a", "b"}, {{-1.5, std::string("-x")}}}), "a,b\n-1.5,\"'-x\"\n");
  EXPECT_EQ(render_csv({{"a"}, {{Cell{}}, {std::string("+1e-05")}, {std::string("@sum")}}}),
            "a\n\n+1e-05\n\"'@sum\"\n");
}

}  // namespace
}  // namespace sinkmoe::report
