// Whole training steps, timed in turns with other programs: the same options
// and protocol as peer.py.
//
// After a warm-up one JSON line says "ready". Each line on stdin then asks for one round of `steps`
// steps, answered by one JSON line; the end of stdin ends the program.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <sys/resource.h>

#include <boost/program_options.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "data/synthetic/backcopy.h"
#include "kernel_bytes.h"
#include "metrics/metrics.h"
#include "plan/plan.h"
#include "queue/build_info.h"
#include "store/store.h"
#include "support/independent_ids.h"
#include "tensor/device.h"
#include "train/trainer.h"

namespace po = boost::program_options;
namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
constexpr int64_t kWarmUp = 5;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::unique_ptr<sinkmoe::data::DataSource> source_of(const sinkmoe::config::RunConfig& config) {
  constexpr int64_t kLargestChain = 4096;
  const int64_t symbols = config.data.chosen<sinkmoe::data::BackcopyOptions>().symbols;
  if (symbols > kLargestChain)
    return std::make_unique<sinkmoe::testing::IndependentIds>(symbols + 1);
  return sinkmoe::data::open_source(config.data);
}

sinkmoe::config::RunConfig config_of(const po::variables_map& o) {
  namespace config = sinkmoe::config;
  config::RunConfig c;
  auto number = [&](const char* name) { return o[name].as<int64_t>(); };
  c.model.layers = number("layers");
  c.model.width = number("width");
  c.model.heads = number("heads");
  c.attention.kind = o["kind"].as<std::string>();
  c.balance.weight = o["weight"].as<double>();
  c.data.options.set("backcopy", "symbols", number("vocab") - 1);
  c.data.context = number("context");
  c.train.batch = number("batch");
  c.train.steps = int64_t{1} << 40;
  c.train.checkpoint_every = int64_t{1} << 40;
  c.train.lr = 1e-3;
  c.eval.points = 2;
  c.eval.tokens = c.eval.final_tokens = 1;
  c.model.tie_embeddings = o["tie"].as<bool>();
  c.run.threads = number("threads");
  c.run.device =
      o["device"].as<std::string>() == "cuda" ? config::Device::cuda : config::Device::cpu;
  c.run.precision = o["precision"].as<std::string>() == "bf16" ? config::Precision::bf16
                                                               : config::Precision::fp32;
  c.run.mode = o["mode"].as<std::string>() == "fast" ? config::Mode::fast : config::Mode::exact;
  c.run.log_every = number("log") > 0 ? number("log") : int64_t{1} << 40;
  return c;
}

// A database that takes the rows of a run as a worker hands them in.
class Journal {
 public:
  explicit Journal(const fs::path& file) : store_(file) {
    const sinkmoe::store::RunRow run{.run_id = "bench",
                                     .group_id = "bench",
                                     .label = "bench",
                                     .config = "",
                                     .identity = "bench"};
    store_.put_experiment({"bench", "bench", "bench.toml", "", "", {run}});
    const std::string ids[] = {"bench"};
    lease_ = store_.claim(ids, sinkmoe::store::this_process()).value();
    store_.begin_attempt(lease_, {.device = "cpu", .processor = "", .git_commit = ""});
    store_.describe(lease_, sinkmoe::metrics::metric_infos());
  }
  void add(const std::vector<sinkmoe::MetricRow>& rows) { store_.add_metrics(lease_, rows); }

 private:
  sinkmoe::store::Store store_;
  sinkmoe::store::Lease lease_;
};

// Best of 20 fp32 products [4096,C] x [C,4C], in FLOP/s: the bound that steps are held against.
double product_rate(int64_t C) {
  const at::Tensor a = at::randn({4096, C}), b = at::randn({C, 4 * C});
  double best = 0;
  for (int i = 0; i < 20; ++i) {
    const auto start = Clock::now();
    const at::Tensor c = at::mm(a, b);
    best = std::max(best, 2.0 * 4096 * 4 * static_cast<double>(C * C) / seconds_since(start));
  }
  return best;
}

// Counts steps, answers rounds, and stops training when stdin ends.
class Rounds {
 public:
  Rounds(int64_t steps, double tokens_a_step) : steps_(steps), tokens_(tokens_a_step) {}

  void step_done(double loss) {
    if (++done_ < until_) return;
    rusage use{};
    getrusage(RUSAGE_SELF, &use);
    const double cpu = static_cast<double>(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
                       1e-6 * static_cast<double>(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
    if (until_ > kWarmUp) {
      const double rate = static_cast<double>(steps_) * tokens_ / seconds_since(start_);
      say({{"tokens_per_s", rate},
           {"loss", loss},
           {"cpu_ms_a_step", 1e3 * (cpu - cpu_) / static_cast<double>(steps_)},
           {"peak_mb", static_cast<double>(use.ru_maxrss) / 1e3}});
    } else {
      say({{"ready", true}});
    }
    std::string line;
    over_ = !std::getline(std::cin, line);
    until_ += steps_;
    cpu_ = cpu;
    start_ = Clock::now();
  }
  bool over() const { return over_; }

 private:
  static void say(const nlohmann::json& line) { std::cout << line << std::endl; }

  int64_t steps_, done_ = 0, until_ = kWarmUp;
  double tokens_, cpu_ = 0;
  bool over_ = false;
  Clock::time_point start_;
};

// Hands rows to the journal, if there is one, and steps to the rounds.
class Reporter : public sinkmoe::RunReporter {
 public:
  Reporter(Journal* journal, Rounds& rounds) : journal_(journal), rounds_(rounds) {}

  void describe(const std::vector<sinkmoe::MetricInfo>&) override {}
  void metrics(const std::vector<sinkmoe::MetricRow>& rows) override {
    if (journal_) journal_->add(rows);
  }
  void histograms(const std::vector<sinkmoe::HistogramRow>&) override {}
  void event(const sinkmoe::EventRow&) override {}
  void checkpoint(int64_t, const fs::path&, bool) override {}
  void progress(const sinkmoe::Progress& progress) override { rounds_.step_done(progress.loss); }
  bool stop_requested() const override { return rounds_.over(); }

 private:
  Journal* journal_;
  Rounds& rounds_;
};

po::variables_map options_of(int argc, char** argv) {
  po::options_description options;
  for (const auto& [name, value] :
       std::initializer_list<std::pair<const char*, int64_t>>{{"layers", 2},
                                                              {"width", 64},
                                                              {"heads", 4},
                                                              {"vocab", 64},
                                                              {"context", 64},
                                                              {"batch", 32},
                                                              {"steps", 40},
                                                              {"threads", 1},
                                                              {"log", 10}})
    options.add_options()(name, po::value<int64_t>()->default_value(value));
  options.add_options()("kind", po::value<std::string>()->default_value("vanilla"))(
      "weight", po::value<double>()->default_value(0))("store", po::bool_switch())(
      "device", po::value<std::string>()->default_value("cpu"))(
      "precision", po::value<std::string>()->default_value("fp32"))(
      "mode", po::value<std::string>()->default_value("exact"))("tie", po::bool_switch())(
      "about", po::bool_switch())("bytes", po::bool_switch())(
      "product", po::value<int64_t>()->default_value(0));
  po::variables_map o;
  po::store(po::parse_command_line(argc, argv, options), o);
  return o;
}

}  // namespace

int main(int argc, char** argv) {
  const po::variables_map o = options_of(argc, argv);
  const sinkmoe::config::RunConfig config = config_of(o);
  const bool computes = !o["bytes"].as<bool>() && !o["about"].as<bool>();
  // LibTorch must meet its CUDA half before the first tensor exists.
  if (computes && config.run.device == sinkmoe::config::Device::cuda)
    sinkmoe::tensor::prepare_cuda(config.run.mode == sinkmoe::config::Mode::exact);
  at::set_num_threads(static_cast<int>(config.run.threads));
  if (o["about"].as<bool>()) {
    std::cout << nlohmann::json{{"commit", sinkmoe::queue::kBuildInfo.commit},
                                {"dirty", sinkmoe::queue::kBuildInfo.dirty},
                                {"parameters",
                                 sinkmoe::plan::estimate_cost(config, o["vocab"].as<int64_t>())
                                     .parameters}}
              << "\n";
    return 0;
  }
  if (o["bytes"].as<bool>()) {
    const int64_t V = o["vocab"].as<int64_t>(),
                  P = sinkmoe::plan::estimate_cost(config, V).parameters;
    auto all = nlohmann::json::array();
    for (const auto& [kernel, launches, bytes] : sinkmoe::bench::kernel_bytes(config, V, P))
      all.push_back({{"kernel", kernel}, {"launches", launches}, {"bytes", bytes}});
    std::cout << all << "\n";
    return 0;
  }
  if (const int64_t C = o["product"].as<int64_t>(); C > 0) {
    std::cout << nlohmann::json{{"flops", product_rate(C)}} << "\n";
    return 0;
  }
  std::string name = (fs::temp_directory_path() / "sinkmoe-bench-XXXXXX").string();
  const fs::path folder = mkdtemp(name.data());
  std::optional<Journal> journal;
  if (o["store"].as<bool>()) journal.emplace(folder / "bench.db");
  Rounds rounds(o["steps"].as<int64_t>(),
                static_cast<double>(config.train.batch * config.data.context));
  Reporter reporter(journal ? &*journal : nullptr, rounds);
  const auto source = source_of(config);
  sinkmoe::train::train({.config = config, .folder = folder}, *source, reporter);
  journal.reset();
  fs::remove_all(folder);
}
