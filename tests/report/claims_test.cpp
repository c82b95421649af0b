#include "report/document/claims.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "hand_made.h"
#include "report/spec/claim_texts.h"

namespace sinkmoe::report {
namespace {

namespace fs = std::filesystem;

using stats::Verdict;
using testing::ElementsAre;

Judgement cell(const std::string& claim, std::optional<Verdict> verdict) {
  Judgement o;
  o.expectation.claim = claim;
  o.expectation.primary = true;
  o.verdict = verdict;
  return o;
}

Document document(const std::string& name, const std::string& experiment,
                  std::vector<Judgement> cells, bool counts = true) {
  Document d;
  d.name = name;
  d.experiment = experiment;
  d.id = name + "." + experiment;
  d.judgements = std::move(cells);
  d.counts = counts;
  return d;
}

Spec spec(const std::string& name, const std::vector<std::string>& claims, bool primary = true) {
  Spec s;
  s.name = name;
  for (const std::string& claim : claims) {
    s.expect.emplace_back().claim = claim;
    s.expect.back().primary = primary;
  }
  return s;
}

TEST(Claims, OneWordWhereThePrimaryCellsAgree) {
  Judgement shown = cell("C7", std::nullopt);
  shown.expectation.primary = false;
  const auto list = summarize_claims(
      {spec("a", {"C7"})}, {document("a", "grid", {cell("C7", Verdict::kUndecided), shown}),
                            document("a", "text", {cell("C7", Verdict::kUndecided)})});
  ASSERT_EQ(list.size(), 1u);
  EXPECT_EQ(list[0].verdict, "undecided");
  EXPECT_EQ(list[0].cells, "2 primary cells");
  EXPECT_THAT(list[0].documents, ElementsAre("a.grid", "a.text"));
}

TEST(Claims, DifferentVerdictsAreCountedAndNoSupportIsSaid) {
  const auto none =
      summarize_claims({spec("a", {"C3"})},
                       {document("a", "grid",
                                 {cell("C3", Verdict::kUndecided), cell("C3", Verdict::kExcluded),
                                  cell("C3", Verdict::kUndecided)})});
  EXPECT_EQ(none[0].verdict, "0 supported, 1 excluded, 2 undecided");
  EXPECT_EQ(none[0].cells, "3 primary cells");
  const auto some = summarize_claims(
      {spec("a", {"C3"})},
      {document("a", "grid", {cell("C3", Verdict::kUntestable), cell("C3", Verdict::kSupported)})});
  EXPECT_EQ(some[0].verdict, "1 supported, 1 untestable");
}

TEST(Claims, ADuplicateIsCountedApart) {
  Judgement twin = cell("C7", std::nullopt);
  twin.duplicate_of = "a.grid";
  const auto list = summarize_claims(
      {spec("a", {"C7"})}, {document("a", "grid", {cell("C7", Verdict::kExcluded), twin})});
  EXPECT_EQ(list[0].verdict, "excluded");
  EXPECT_EQ(list[0].cells, "1 primary cell and 1 duplicate");
  EXPECT_EQ(list[0].duplicates, 1);
  const auto part = summarize_claims({spec("a", {"C7"})}, {document("a", "grid", {twin, twin})});
  EXPECT_EQ(part[0].verdict, "judged in other artifacts");
  EXPECT_EQ(part[0].cells, "2 duplicates");
}

TEST(Claims, OrderIsThatOfThePaperAndNothingIsForgotten) {
  const auto list = summarize_claims(
      {spec("a", {"outliers", "C10"}), spec("b", {"T1", "C2"}), spec("c", {"T2"}, false)}, {});
  std::vector<std::string> claims;
  for (const ClaimSummary& c : list) claims.push_back(c.claim);
  EXPECT_THAT(claims, ElementsAre("C2", "C10", "T1", "T2", "outliers"));
  EXPECT_EQ(list[0].verdict, "not run");
  EXPECT_EQ(list[3].verdict, "no primary cell");
}

TEST(Claims, PrivateSweepsAndRepeatedExperimentsCountOnlyAlone) {
  const std::vector<Spec> specs = {spec("a", {"C7"})};
  const Document mine = document("a", "mine", {cell("C7", Verdict::kContradicted)}, false),
                 grid = document("a", "grid", {cell("C7", Verdict::kSupported)});
  EXPECT_EQ(summarize_claims(specs, {grid, mine})[0].verdict, "supported");
  EXPECT_EQ(summarize_claims(specs, {grid, mine})[0].cells, "1 primary cell");
  EXPECT_EQ(summarize_claims(specs, {mine})[0].verdict, "contradicted");
}

// Two cells share a control that took 2 hours for 4 seeds; their own runs took 1 and 3 hours.
TEST(Claims, AnUndecidedClaimSaysTheSeedsAndHoursThatWouldDecideIt) {
  const auto undecided = [](int64_t seeds, std::map<std::string, double> hours) {
    Judgement o = cell("C7", Verdict::kUndecided);
    o.seeds = seeds;
    o.effect.n = 4;
    o.run_hours = std::move(hours);
    return o;
  };
  const Judgement a = undecided(8, {{"control", 2}, {"a", 1}}),
                  b = undecided(20, {{"control", 2}, {"b", 3}});
  EXPECT_DOUBLE_EQ(*a.hours(), 6);
  EXPECT_DOUBLE_EQ(*b.hours(), 25);
  Judgement endless = cell("C7", Verdict::kUndecided), idle = cell("C7", Verdict::kUntestable);
  idle.note = "no room: room is 0.01, needed above 0.02";
  const auto list =
      summarize_claims({spec("a", {"C7"})}, {document("a", "grid", {a, b, endless, idle, idle})});
  EXPECT_DOUBLE_EQ(list[0].hours, 2 + 15 + 10) << "twice a, five times b and the control";
  EXPECT_EQ(open_text(list[0]),
            "undecided: 8 to 20 seeds would decide, 27.0 h of one worker; 1 cell that more than a "
            "million seeds would decide; untestable: no room: room needed above 0.02 (2 cells)");
}

TEST(Claims, SaysWhatWouldDecideItIfThatIsNotSeeds) {
  Judgement chains = cell("C7", Verdict::kUndecided), seeds = chains;
  chains.seeds = 60;
  chains.effect.n = 48;
  chains.repeats = "chains";
  seeds.seeds = 8;
  seeds.effect.n = 4;
  const auto open = [](std::vector<Judgement> cells) {
    return open_text(
        summarize_claims({spec("a", {"C7"})}, {document("a", "grid", std::move(cells))})[0]);
  };
  EXPECT_THAT(open({chains}), testing::HasSubstr("60 chains would decide"));
  EXPECT_THAT(open({chains, seeds}), testing::HasSubstr("8 to 60 chains or seeds would decide"));
  chains.seeds.reset();
  EXPECT_THAT(open({chains}), testing::HasSubstr("more than a million chains would decide"));
}

TEST(Claims, NamesTheExperimentsThatWereNotRun) {
  Spec s = spec("a", {"C5"});
  s.experiments = {{.name = "probes"}, {.name = "later"}, {.name = "again", .counts = false}};
  const auto list =
      summarize_claims({s}, {document("a", "probes", {cell("C5", Verdict::kSupported)})});
  EXPECT_EQ(open_text(list[0]), "not run: later");
}

TEST(Claims, TheSentenceStandsAboveTheVerdict) {
  const std::vector<Spec> specs = {spec("a", {"C7", "mine"})};
  const auto list = summarize_claims(
      specs, {document("a", "grid", {cell("C7", Verdict::kSupported), cell("mine", {})})},
      {{"C7", "The loss falls."}, {"C8", "Not asked for."}});
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(claim_text(list[0], true),
            "C7        The loss falls.\n          supported; 1 primary cell; a.grid\n");
  EXPECT_EQ(claim_text(list[0], false),
            "C7        The loss falls.\n          supported; 1 primary cell\n");
  EXPECT_EQ(list[1].sentence, "");
  EXPECT_EQ(claim_text(summarize_claims(specs, {})[1], true), "mine      not run\n");
}

TEST(ClaimTexts, AreOneLineOfTextEach) {
  const std::string folder = testing::TempDir() + "claim_texts";
  fs::create_directories(folder);
  const auto write = [&](const std::string& text) {
    std::ofstream(folder + "/claims.toml") << text;
  };
  write("C1 = \"One.\"\n[extra]\nC2 = 2\n");
  EXPECT_THAT([&] { read_claim_texts(folder); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("'extra' is a table")));
  write("C1 = \"\"\"a\nb\"\"\"\n");
  EXPECT_THAT([&] { read_claim_texts(folder); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("'C1' has several lines")));
  write("C1 = \"One.\"\n");
  EXPECT_EQ(read_claim_texts(folder).at("C1"), "One.");
  EXPECT_THAT(spec_names(folder), testing::IsEmpty()) << "it is not an artifact";
  EXPECT_TRUE(read_claim_texts(folder + "/nowhere").empty());
}

}  // namespace
}  // namespace sinkmoe::report
