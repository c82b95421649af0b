#include "core/text/count.h"
#include "core/text/duration.h"
#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>

#include "core/error.h"

namespace sinkmoe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Printable, TakesOutWhatCouldSteerATerminal) {
  EXPECT_EQ(printable("a\x1b[31mb\r\x07\x7f"), "a?[31mb???");
  EXPECT_EQ(printable("line\n\tnext"), "line\n\tnext");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "?31m")
      << "C1 control sequence introducer";
  EXPECT_EQ(printable("caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"),
            "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80");
  EXPECT_EQ(printable("\xC3(\xFF"), "?(?");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a?b");
}

TEST(Printable, AlwaysGivesWellFormedTextWithoutControls) {
  EXPECT_TRUE(rc::check([](const std::vector<uint8_t>& bytes) {
    const std::string text = printable(std::string(bytes.begin(), bytes.end()));
    RC_ASSERT(valid_utf8(text));
    RC_ASSERT(printable(text) == text);
    for (unsigned char c : text) RC_ASSERT((c >= 0x20 || c == '\n' || c == '\t') && c != 0x7f);
  }));
}

TEST(ValidUtf8, AcceptsTheEdgesOfEveryLength) {
  for (const char* text : {"", "a", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                           "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(valid_utf8(text)) << text;
}

TEST(ValidUtf8, RefusesWhatStandsJustBeyondThem) {
  for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2(", "\xE0\x9F\xBF",
                           "\xE2\x82", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98",
                           "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_FALSE(valid_utf8(text));
}

TEST(ValidUtf8, NamesTheFirstBadByte) {
  size_t at = 99;
  EXPECT_FALSE(valid_utf8("ab\xC3\xA9\xFFz\xFF", &at));
  EXPECT_EQ(at, 4u);
  EXPECT_FALSE(valid_utf8("abc\xE2\x82", &at));
  EXPECT_EQ(at, 3u);
}

TEST(NearNames, OrdersByDistanceAndLeavesOutTheFar) {
  EXPECT_THAT(near_names("layes", {"lay", "layers", "width"}), ElementsAre("layers", "lay"));
  EXPECT_THAT(near_names("x", {"width", "heads"}), ElementsAre());
  EXPECT_THAT(near_names("aaaa", {"aaab", "aaac", "aaad", "aaae"}, 2), ElementsAre("aaab", "aaac"));
  EXPECT_THAT(near_names(std::string(100000, 'a'), {"a"}), ElementsAre())
      << "a hostile word costs nothing";
}

TEST(DidYouMean, IsASentenceOrNothing) {
  EXPECT_EQ(did_you_mean("vanila", {"vanilla"}), "did you mean 'vanilla'?");
  EXPECT_EQ(did_you_mean("ab", {"abc", "abd"}), "did you mean 'abc' or 'abd'?");
  EXPECT_EQ(did_you_mean("zzzzzz", {"vanilla"}), "");
  EXPECT_EQ(known_names("vanila", {"vanilla", "sink"}),
            "did you mean 'vanilla'? known: vanilla, sink");
  EXPECT_EQ(known_names("zzzzzz", {"vanilla", "sink"}), "known: vanilla, sink");
}

TEST(Counted, OneHasNoPlural) {
  EXPECT_EQ(counted(0, "run"), "0 runs");
  EXPECT_EQ(counted(1, "run"), "1 run");
  EXPECT_EQ(counted(2, "more column"), "2 more columns");
}

TEST(ReplaceAll, TakesEachPlaceOnceFromTheLeft) {
  const auto replaced = [](std::string text, std::string_view from, std::string_view to) {
    replace_all(text, from, to);
    return text;
  };
  EXPECT_EQ(replaced("a-b-c", "-", "--"), "a--b--c") << "what was put in is not replaced again";
  EXPECT_EQ(replaced("aaa", "aa", "b"), "ba");
  EXPECT_EQ(replaced("abc", "x", "y"), "abc");
}

TEST(Split, KeepsEmptyParts) {
  EXPECT_THAT(split("a,,b,", ','), ElementsAre("a", "", "b", ""));
  EXPECT_THAT(split("", ','), ElementsAre(""));
}

TEST(Trim, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Shortest, LiteralForms) {
  EXPECT_EQ(shortest(0.01), "0.01");
  EXPECT_EQ(shortest(1e-5), "1e-05");
  EXPECT_EQ(shortest(1000), "1000");
  EXPECT_EQ(shortest(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(shortest(-0.0), "-0");
}

TEST(Shortest, ReadsBackAsTheSameNumber) {
  EXPECT_TRUE(rc::check([](double value) { RC_ASSERT(std::stod(shortest(value)) == value); }));
  for (double value :
       {std::numeric_limits<double>::max(), std::numeric_limits<double>::min(), 1.0 / 3})
    EXPECT_EQ(std::stod(shortest(value)), value);
}

TEST(SafeName, IsAPathPartWithoutSurprises) {
  for (const char* good : {"a", "run-1_b.2", "A9"}) EXPECT_TRUE(safe_name(good)) << good;
  EXPECT_TRUE(safe_name(std::string(64, 'a')));
  EXPECT_FALSE(safe_name(std::string(65, 'a')));
  for (const char* bad : {"", ".", "..", ".hidden", "a/b", "a b", "a\n", "\xC3\xA9", "a;b"})
    EXPECT_FALSE(safe_name(bad)) << bad;
  EXPECT_FALSE(safe_name(std::string("a\0b", 3)));
}

TEST(ErrorText, HasPlaceCauseAndCure) {
  EXPECT_EQ(to_string({"what", "where", "fix"}), "where: what; fix");
  EXPECT_EQ(to_string({"what", "", ""}), "what");
  EXPECT_EQ(to_string({"a\x1b[0m", "b", ""}), "b: a?[0m");
  EXPECT_STREQ(Error({Problem{"one", "", ""}, Problem{"two", "", ""}}).what(), "one\ntwo");
}

TEST(Characters, AreCountedAndCutWhole) {
  const std::string text =
      "a\xC3\xA9\xE2\x82\xAC"
      "b";  // a, e with acute, euro, b
  EXPECT_EQ(characters(text), 4u);
  EXPECT_EQ(first_characters(text, 2), "a\xC3\xA9");
  EXPECT_EQ(first_characters(text, 9), text);
  EXPECT_EQ(character_start(text, 2), 3u);
  EXPECT_EQ(character_start(text, 99), text.size());
  EXPECT_EQ(one_line("a\n\tb\x1b"), "a  b?");
}

TEST(Join, PutsTheSeparatorBetween) {
  const std::vector<std::string> none, words = {"a", "", "c"};
  EXPECT_EQ(join(none, ", "), "");
  EXPECT_EQ(join(words, ", "), "a, , c");
  EXPECT_EQ(join(std::vector{1, 2}, " ", [](int i) { return std::to_string(i * i); }), "1 4");
}

TEST(ParseNumber, TakesTheWholeTextOrNothing) {
  EXPECT_EQ(parse_number<int64_t>("-12"), -12);
  EXPECT_EQ(parse_number<double>("1e-3"), 0.001);
  for (const char* text : {"", " 1", "1 ", "+1", "1x", "99999999999999999999"})
    EXPECT_FALSE(parse_number<int64_t>(text)) << text;
  for (const char* text : {"nan", "inf", "1e999"}) EXPECT_FALSE(parse_number<double>(text)) << text;
}

TEST(Csv, QuotesWhatNeedsItAndDisarmsFormulas) {
  EXPECT_EQ(csv_row(std::vector<std::string>{"a", "", "b,c", "say \"x\""}),
            "a,,\"b,c\",\"say \"\"x\"\"\"\n");
  EXPECT_EQ(csv_field("-1.5e-3"), "-1.5e-3");
  EXPECT_EQ(csv_field("=1+1"), "\"'=1+1\"");
}

TEST(Markdown, CellsCannotEndARow) {
  EXPECT_EQ(markdown_row(std::vector<std::string>{"a|b", "eval_loss", "<i>\n*x*"}),
            "| a\\|b | eval_loss | &lt;i&gt; \\*x\\* |\n");
}

TEST(InQuotes, DoublesTheMark) { EXPECT_EQ(in_quotes("it's", '\''), "'it''s'"); }

TEST(Duration, AsAClockAndRoughly) {
  EXPECT_EQ(clock_text(487), "8:07");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text(-1), "?");
  EXPECT_EQ(rough_time(0.1), "1 s");
  EXPECT_EQ(rough_time(119), "119 s");
  EXPECT_EQ(rough_time(600), "10 min");
  EXPECT_EQ(rough_time(12240), "3.4 h");
}

TEST(SafeName, OfAnExperimentMayHaveOverrides) {
  EXPECT_TRUE(safe_experiment_name("quick+balance.weight=0,0.1@ab12"));
  EXPECT_FALSE(safe_experiment_name("../quick"));
  EXPECT_FALSE(safe_experiment_name("a/b"));
  EXPECT_FALSE(safe_experiment_name(std::string(kExperimentName + 1, 'a')));
  EXPECT_FALSE(safe_name("quick+train.lr=1"));
}

// What a shell reads back from the word is the text.
TEST(Quote, AWordOfAShellCommand) {
  EXPECT_EQ(shell_word("results/my-runs_2.db"), "results/my-runs_2.db");
  EXPECT_EQ(shell_word("my results.db"), "'my results.db'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("quick+train.seed=seeds(5)"), "'quick+train.seed=seeds(5)'");
  EXPECT_EQ(shell_word(""), "''");
  EXPECT_EQ(shell_word("$(reboot)"), "'$(reboot)'");
}

}  // namespace
}  // namespace sinkmoe
