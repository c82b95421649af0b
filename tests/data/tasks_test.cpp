// Task files are read strictly, and what a run reads of them is in its identity.
#include "data/tasks/tasks.h"

#include <gmock/gmock.h>

#include "core/registry.h"
#include "data/source.h"
#include "data/text_fixture.h"

namespace sinkmoe::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr const char* kChoice = R"({"query": "Ice is", "choices": ["hot", "cold"], "gold": 1})";

std::vector<TaskQuestion> parse(const std::string& text, int64_t most = 100) {
  return parse_task_file(text, "t.jsonl", most);
}

std::string refused(const std::string& text) {
  return refusal_of([&] { parse(text); });
}

TEST(TaskFile, HasThreeForms) {
  const auto next = parse(R"({"context": "one two", "continuation": "three"})");
  ASSERT_EQ(next.size(), 1u);
  EXPECT_THAT(next[0].contexts, ElementsAre("one two"));
  EXPECT_THAT(next[0].continuations, ElementsAre("three"));
  const auto choice = parse(kChoice);
  EXPECT_THAT(choice[0].contexts, ElementsAre("Ice is", "Ice is"));
  EXPECT_THAT(choice[0].continuations, ElementsAre("hot", "cold"));
  EXPECT_EQ(choice[0].gold, 1);
  const auto contexts =
      parse(R"({"context_options": ["a", "b"], "continuation": "so", "gold": 0})");
  EXPECT_THAT(contexts[0].contexts, ElementsAre("a", "b"));
  EXPECT_THAT(contexts[0].continuations, ElementsAre("so", "so"));
}

TEST(TaskFile, KeepsTheFirstQuestionsAndChecksAll) {
  const std::string two = std::string(kChoice) + "\n" + kChoice + "\n";
  EXPECT_EQ(parse(two).size(), 2u);
  EXPECT_EQ(parse(two, 1).size(), 1u);
  EXPECT_THAT(refusal_of([&] { parse(two + "{}", 1); }), HasSubstr("t.jsonl:3: "));
}

TEST(TaskFile, BlankLinesMayEndTheFile) {
  EXPECT_EQ(parse(std::string(kChoice) + "\n\n \r\n").size(), 1u);
  EXPECT_EQ(parse(std::string(kChoice)).size(), 1u);
  EXPECT_THAT(refused("\n"), HasSubstr("t.jsonl:1: no JSON"));
}

TEST(TaskFile, RefusesWithFileAndLine) {
  const std::string good = std::string(kChoice) + "\n";
  EXPECT_THAT(refused(good + "{\"query\": 1}"), HasSubstr("t.jsonl:2: a number out of place"));
  EXPECT_THAT(refused(good + "\n" + good), HasSubstr("t.jsonl:2: no JSON at byte"));
  EXPECT_THAT(refused(good + kChoice + "x"), HasSubstr("t.jsonl:2: no JSON at byte"));
  EXPECT_THAT(refused(""), HasSubstr("no question"));
  EXPECT_THAT(refused("[]"), HasSubstr("a list out of place"));
  EXPECT_THAT(refused("\"text\""), HasSubstr("not an object"));
  EXPECT_THAT(refused("{\"query\": {\"a\": 1}}"), HasSubstr("an object inside"));
  EXPECT_THAT(refused("{\"choices\": [[\"a\"]]}"), HasSubstr("a list out of place"));
  EXPECT_THAT(refused("{\"answer\": \"a\"}"), HasSubstr("unknown key 'answer'"));
  EXPECT_THAT(refused("{\"query\": \"a\", \"query\": \"b\"}"), HasSubstr("key 'query' twice"));
  EXPECT_THAT(refused("{\"query\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": 2}"),
              HasSubstr("'gold' is not an option"));
  EXPECT_THAT(refused("{\"query\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": -1}"),
              HasSubstr("'gold' is not an option"));
  EXPECT_THAT(refused("{\"query\": \"a\", \"choices\": [\"x\", \"y\"], \"gold\": 0.5}"),
              HasSubstr("a fraction"));
  EXPECT_THAT(refused("{\"query\": \"a\", \"choices\": [\"x\"], \"gold\": 0}"),
              HasSubstr("fewer than two options"));
  EXPECT_THAT(refused("{\"query\": \" \", \"choices\": [\"x\", \"y\"], \"gold\": 0}"),
              HasSubstr("an empty text in 'query'"));
  EXPECT_THAT(refused("{\"context\": \"a\", \"gold\": 0}"), HasSubstr("three forms"));
  EXPECT_THAT(refused(good + "{\"context\": \"a\", \"continuation\": \"b\"}"),
              HasSubstr("t.jsonl:2: another form"));
  EXPECT_THAT(refused("{\"query\": \"\xff\"}"), HasSubstr("not UTF-8 at byte 11"));
  EXPECT_THAT(refused(std::string(kMaxTaskLine + 1, ' ')), HasSubstr("a line of more than"));
  std::string many = "{\"query\": \"a\", \"choices\": [\"x\"";
  for (size_t i = 0; i < kMaxTaskOptions; ++i) many += ", \"x\"";
  EXPECT_THAT(refused(many + "], \"gold\": 0}"), HasSubstr("too many options"));
}

TEST(Tasks, NamesAreChecked) {
  EXPECT_TRUE(selected_tasks({}).empty());
  EXPECT_EQ(selected_tasks({.tasks = "all"}).size(), 8u);
  const auto two = selected_tasks({.tasks = "piqa, lambada"});
  ASSERT_EQ(two.size(), 2u);
  EXPECT_STREQ(two[0].name, "lambada") << "the table's order";
  EXPECT_THAT(refusal_of([] { selected_tasks({.tasks = "pika"}); }),
              HasSubstr("unknown task 'pika'; did you mean 'piqa'?"));
  EXPECT_THAT(refusal_of([] { selected_tasks({.tasks = "piqa,piqa"}); }), HasSubstr("twice"));
}

class TaskFolder : public ScratchFolder {
 protected:
  config::EvalConfig piqa() const { return {.tasks = "piqa", .tasks_path = folder_.string()}; }
};

TEST_F(TaskFolder, CueAndSpaceStandBetweenContextAndContinuation) {
  const Task task =
      parse_task(selected_tasks(piqa()).at(0),
                 "{\"query\": \"Ice is\\n\", \"choices\": [\" hot\", \"cold\"], \"gold\": 1}\n",
                 "piqa.jsonl", 9);
  EXPECT_EQ(task.questions[0].contexts[0], "Ice is\nAnswer:");
  EXPECT_THAT(task.questions[0].continuations, ElementsAre(" hot", " cold"));
}

TEST_F(TaskFolder, ContentIsInTheIdentityAndThePathIsNot) {
  config::RunConfig config;
  const std::string without = data_identity(config);
  EXPECT_EQ(without, source_identity(config.data)) << "stored runs keep their names";
  config.eval = piqa();
  EXPECT_THAT(refusal_of([&] { data_identity(config); }), HasSubstr("no file of task 'piqa'"));
  put("piqa.jsonl", std::string(kChoice) + "\n");
  const std::string with = data_identity(config);
  EXPECT_NE(with, without);
  put("elsewhere/piqa.jsonl", std::string(kChoice) + "\n");
  config.eval.tasks_path = (folder_ / "elsewhere").string();
  EXPECT_EQ(data_identity(config), with);
  put("elsewhere/piqa.jsonl", std::string(kChoice) + "\n{}\n");
  EXPECT_THAT(refusal_of([&] { data_identity(config); }), HasSubstr("piqa.jsonl:2: "))
      << "a plan refuses what the run would refuse";
  put("elsewhere/piqa.jsonl", std::string(kChoice) + "\n" + kChoice);
  EXPECT_NE(data_identity(config), with);
}

}  // namespace
}  // namespace sinkmoe::data
