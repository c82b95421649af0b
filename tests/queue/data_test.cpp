// The data that a run reads is compared with what it was planned with: a data set that was imported
// again, or an edited task file, gives no numbers to a run of other data.
#include <fstream>

#include "config/compose/compose.h"
#include "core/registry.h"
#include "data/source.h"
#include "data/text_set.h"
#include "data/tokens/token_writer.h"
#include "plan/identity.h"
#include "queue/job.h"
#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

// The fake job under a name that stands for real training: its databases hold results.
const Registration<JobKind> pretended{
    {.name = "pretended", .help = "", .run = [](const config::Job& job, RunReporter& report) {
       return Registry<JobKind>::get("fake").run(job, report);
     }}};

void write_tokens(const fs::path& file, int32_t seed) {
  data::TokenWriter writer(file, {.byte_lengths = std::vector<uint16_t>(8, 1), .bos = 7});
  for (int32_t i = 0; i < 200; ++i) writer.append(std::vector<int32_t>{(i * seed) % 7});
  writer.finish(std::string(64, 'a'), data::byte_tokenizer()->hash());
}

class ReadData : public testing::Test {
 protected:
  ReadData() {
    fs::create_directories(folder_ / "set");
    fs::create_directories(folder_ / "tasks");
    import_text(1);
    write_task("cold");
    options_.job = "pretended";
  }

  void import_text(int32_t seed) {
    write_tokens(folder_ / "set" / "train.tokens", seed);
    write_tokens(folder_ / "set" / "valid.tokens", seed + 1);
  }
  void write_task(const std::string& answer) {
    std::ofstream(folder_ / "tasks" / "piqa.jsonl")
        << "{\"query\": \"Ice is\", \"choices\": [\"hot\", \"" << answer << "\"], \"gold\": 1}\n";
  }

  // One run of the text, with the identity that planning gives it.
  Plan text_plan(const std::string& tasks = "", const std::string& parent = "") {
    Plan plan = fake_plan(1, 20);
    RunSpec& spec = plan.runs[0];
    spec.config.data.source = "text";
    spec.config.data.path = folder_ / "set";
    spec.config.data.context = 16;
    spec.config.eval.tasks = tasks;
    spec.config.eval.tasks_path = folder_ / "tasks";
    spec.config.train.init_from = spec.parent = parent;
    spec.data = data::data_contents(spec.config);
    spec.run_id =
        plan::identify(spec.config, data::data_digest(spec.data), {parent, parent}).run_id;
    return plan;
  }

  std::string source_hash() const { return data::read_text_set(folder_ / "set").hash; }
  std::string metrics() {
    return rows(db_, "select run_id, name, step, layer, head, value from v_metric");
  }
  std::string runs() { return rows(db_, "select status, cause, message from run order by id"); }

  Folder folder_;
  fs::path db_ = folder_ / "r.db";
  RunOptions options_ = fake_options(db_);
};

TEST_F(ReadData, ThatIsAsItWasPlannedIsUsed) {
  EXPECT_EQ(run_experiment(text_plan("piqa"), options_).exit_code(), 0);
}

TEST_F(ReadData, ThatWasImportedAgainEndsTheRunWithBothHashes) {
  const Plan plan = text_plan();
  const std::string planned = source_hash();
  import_text(3);
  EXPECT_EQ(run_experiment(plan, options_).failed, 1);
  EXPECT_THAT(runs(), AllOf(HasSubstr("failed|user|" + (folder_ / "set").string() +
                                      ": the data changed after the run was planned: the source "
                                      "has hash " +
                                      source_hash() + ", planned was " + planned)));
  run_experiment(plan, options_);
  EXPECT_EQ(rows(db_, "select count(*) from metric"), "0\n");
  EXPECT_EQ(rows(db_, "select epoch from run"), "1\n") << "it is not tried again";
}

TEST_F(ReadData, OfATaskFileThatWasEditedEndsTheRunWithBothHashes) {
  const Plan plan = text_plan("piqa");
  const std::string planned = data::data_contents(plan.runs[0].config);
  write_task("wet");
  EXPECT_EQ(run_experiment(plan, options_).failed, 1);
  const std::string found = data::data_contents(plan.runs[0].config);
  const auto hash = [](const std::string& contents) {
    const size_t at = contents.find("task piqa ") + 10;
    return contents.substr(at, 64);
  };
  EXPECT_THAT(runs(), HasSubstr("the task piqa has hash " + hash(found) + ", planned was " +
                                hash(planned)));
  EXPECT_THAT(runs(), Not(HasSubstr("source"))) << "only the task differs";
}

// The rows of the steps before the cut are not lost to a training on other text.
TEST_F(ReadData, ThatChangedLeavesTheRowsOfAnEarlierAttempt) {
  Plan plan = text_plan();
  run_experiment(plan, options_);
  const std::string before = metrics();
  store::Store(db_).make_again(plan.runs[0].run_id, "a drill");
  import_text(3);
  EXPECT_EQ(run_experiment(plan, options_).failed, 1);
  EXPECT_EQ(rows(db_, "select count(*) from attempt"), "1\n");
  EXPECT_EQ(metrics(), before);
}

TEST_F(ReadData, OfADoneParentIsCheckedBeforeItIsMadeAgain) {
  const Plan parent = text_plan();
  const std::string id = parent.runs[0].run_id;
  run_experiment(parent, options_);
  Plan child = text_plan("", id);
  child.name = "child";
  const std::string before = metrics();
  fs::remove_all(folder_ / "r.runs");
  import_text(3);
  try {
    run_experiment(child, options_);
    FAIL() << "the parent was made again";
  } catch (const Error& e) {
    const std::string now = plan::identify(parent.runs[0].config, source_hash(), {}).run_id;
    EXPECT_THAT(e.what(), HasSubstr("run " + id +
                                    " must be made again, but its data changed: "
                                    "with what lies there now (hash " +
                                    source_hash() + ") it would be run " + now));
  }
  EXPECT_EQ(rows(db_, "select status from run where run_id = '" + id + "'"), "done\n");
  EXPECT_EQ(metrics(), before);
  import_text(1);
  EXPECT_EQ(run_experiment(child, options_).exit_code(), 0) << "with the old text back";
}

TEST_F(ReadData, OfAParentsWeightsMustMatchTheirHash) {
  const Plan parent = text_plan();
  const std::string id = parent.runs[0].run_id;
  run_experiment(parent, options_);
  const fs::path weights = run_folder(db_, id) / "final.txt";
  const auto bytes = fs::file_size(weights);
  std::ofstream(weights) << std::string(bytes, 'x');
  std::string why;
  EXPECT_FALSE(final_weights(store::Store(db_), id, &why));
  EXPECT_THAT(why, AllOf(HasSubstr("final.txt does not match its hash: it has "),
                         HasSubstr(", stored is " +
                                   rows(db_, "select sha256 from checkpoint").substr(0, 64))));
}

}  // namespace
}  // namespace sinkmoe::queue
