// Tokens per second of whole training steps, for scripts/bench.sh: the same options and output as
// peer.py.
#include <ATen/Parallel.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/random.h"
#include "train/trainer.h"

namespace po = boost::program_options;

namespace {

// Uniform ids, for vocabularies that are too large for the synthetic chain.
class Uniform : public sinkmoe::DataSource {
 public:
  explicit Uniform(int64_t vocabulary) : vocabulary_(vocabulary) {}
  int64_t vocabulary() const override { return vocabulary_; }
  int32_t bos() const override { return static_cast<int32_t>(vocabulary_ - 1); }
  void train_row(uint64_t seed, int64_t step, int64_t index,
                 std::span<int32_t> row) const override {
    sinkmoe::Draw draw(seed, "bench", static_cast<uint64_t>(step), static_cast<uint64_t>(index));
    for (int32_t& id : row)
      id = static_cast<int32_t>(draw.below(static_cast<uint64_t>(vocabulary_ - 1)));
    row[0] = bos();
  }
  int64_t eval_rows() const override { return 1; }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    train_row(0, 0, index, row);
  }
  std::optional<int64_t> target_bytes(std::span<const int32_t>) const override { return {}; }
  std::string content_hash() const override { return "bench"; }

 private:
  int64_t vocabulary_;
};

std::unique_ptr<sinkmoe::DataSource> source_of(const sinkmoe::RunConfig& config) {
  constexpr int64_t kLargestChain = 4096;
  if (config.data.symbols > kLargestChain)
    return std::make_unique<Uniform>(config.data.symbols + 1);
  return sinkmoe::open_source(config.data);
}

double cpu_seconds() {
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(use.ru_utime) + seconds(use.ru_stime);
}

sinkmoe::RunConfig config_of(const po::variables_map& o) {
  sinkmoe::RunConfig c;
  auto number = [&](const char* name) { return o[name].as<int64_t>(); };
  c.model.layers = number("layers");
  c.model.width = number("width");
  c.model.heads = number("heads");
  c.attention.kind = o["kind"].as<std::string>();
  c.balance.weight = o["weight"].as<double>();
  c.data.symbols = number("vocab") - 1;
  c.data.context = number("context");
  c.train.batch = number("batch");
  c.train.steps = 5 + number("steps") * number("repeats");
  c.train.checkpoint_every = 1'000'000'000;
  c.train.lr = 1e-3;
  c.eval.points = 1;
  c.eval.tokens = c.eval.final_tokens = 1;
  c.run.threads = number("threads");
  c.run.log_every = 1;
  return c;
}

}  // namespace

int main(int argc, char** argv) {
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
                                                              {"repeats", 5}})
    options.add_options()(name, po::value<int64_t>()->default_value(value));
  options.add_options()("kind", po::value<std::string>()->default_value("vanilla"))(
      "weight", po::value<double>()->default_value(0));
  po::variables_map o;
  po::store(po::parse_command_line(argc, argv, options), o);
  const sinkmoe::RunConfig config = config_of(o);
  at::set_num_threads(static_cast<int>(config.run.threads));
  std::vector<double> seconds;  // of single steps
  double cpu_at_first = 0;
  const double tokens = static_cast<double>(config.train.batch * config.data.context);
  const sinkmoe::TrainHooks hooks{.metrics =
                                      [&](const auto& rows) {
                                        for (const auto& r : rows)
                                          if (r.name == "train/tokens_per_s") {
                                            seconds.push_back(tokens / r.value);
                                            if (seconds.size() == 5) cpu_at_first = cpu_seconds();
                                          }
                                      },
                                  .event = [](const auto&) {},
                                  .checkpoint = [](int64_t, const auto&, bool) {},
                                  .progress = [](const auto&) {},
                                  .stop_requested = [] { return false; }};
  const auto folder = std::filesystem::temp_directory_path() / "sinkmoe-bench";
  std::filesystem::create_directories(folder);
  const auto source = source_of(config);
  sinkmoe::train({config, folder, {}, {}}, *source, hooks);
  const double cpu = cpu_seconds() - cpu_at_first;
  std::filesystem::remove_all(folder);
  std::vector<double> speeds;
  const size_t steps = static_cast<size_t>(o["steps"].as<int64_t>());
  for (size_t from = 5; from + steps <= seconds.size(); from += steps) {
    double sum = 0;
    for (size_t i = 0; i < steps; ++i) sum += seconds[from + i];
    speeds.push_back(static_cast<double>(steps) * tokens / sum);
  }
  std::sort(speeds.begin(), speeds.end());
  std::cout << nlohmann::json{{"tokens_per_s", speeds[speeds.size() / 2]},
                              {"low", speeds.front()},
                              {"high", speeds.back()},
                              {"cpu_ms_a_step",
                               1e3 * cpu / static_cast<double>(seconds.size() - 5)}}
            << "\n";
}
