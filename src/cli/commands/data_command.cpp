// sinkmoe data: imports a folder of text, lists imported texts.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/child_process.h"
#include "cli/command.h"
#include "cli/status_line.h"
#include "config/run_config.h"
#include "core/error.h"
#include "core/text/count.h"
#include "core/text/quote.h"
#include "core/text/utf8.h"
#include "data/import/import.h"
#include "data/synthetic/backcopy.h"
#include "data/text_set.h"
#include "queue/worker/outcome.h"

namespace sinkmoe::cli {
namespace {

using Strings = std::vector<std::string>;

class ProgressLine {
 public:
  explicit ProgressLine(bool quiet) : line_({.quiet = quiet}) {}
  void operator()(const data::ImportProgress& progress) {
    const bool news = progress.phase != phase_,
               last = progress.total > 0 && progress.done == progress.total;
    if (news || first_ == 0) phase_start_ = Clock::now(), first_ = progress.done;
    if (!line_.due(news || last)) return;
    phase_ = progress.phase;
    line_.show(text(progress));
  }

 private:
  std::string text(const data::ImportProgress& p) const {
    if (p.total == 0) return p.phase + " ...";
    const auto mb = [](uint64_t bytes) { return static_cast<double>(bytes) / 1e6; };
    const double seconds = seconds_since(phase_start_), done = mb(p.done - first_);
    const std::string so_far =
        fmt::format("{}: {:.1f} of {:.1f} MB", p.phase, mb(p.done), mb(p.total));
    if (seconds < 0.5 || done <= 0) return so_far;  // too early to say how fast it is
    return fmt::format("{}, {:.1f} MB/s, {:.0f} s left", so_far, done / seconds,
                       mb(p.total - p.done) / (done / seconds));
  }

  StatusLine line_;
  std::string phase_;
  Clock::time_point phase_start_ = Clock::now();
  uint64_t first_ = 0;  // bytes that were done when they were first reported in this phase
};

nlohmann::ordered_json to_json(const data::TokenFileInfo& info) {
  return {{"tokens", info.count}, {"bytes", info.text_bytes}, {"content_hash", info.content_hash}};
}

nlohmann::ordered_json to_json(const data::TextSet& set) {
  nlohmann::ordered_json json = {{"path", set.folder.string()},
                                 {"vocabulary", set.train.vocabulary},
                                 {"hash", set.hash},
                                 {"train", to_json(set.train)},
                                 {"valid", to_json(set.valid)}};
  if (set.test) json["test"] = to_json(*set.test);
  return json;
}

void print_header() {
  std::cout << fmt::format("{:<28} {:>10} {:>12} {:>11} {:>11} {:>11}  {}\n", "set", "vocabulary",
                           "train tokens", "valid", "test", "bytes/token", "hash");
}

void print_set(const data::TextSet& set) {
  const double ratio =
      static_cast<double>(set.train.text_bytes) / static_cast<double>(set.train.count);
  std::cout << printable(
      fmt::format("{:<28} {:>10} {:>12} {:>11} {:>11} {:>11.3f}  {}\n", set.folder.string(),
                  set.train.vocabulary, set.train.count, set.valid.count,
                  set.test ? std::to_string(set.test->count) : "-", ratio, set.hash.substr(0, 12)));
}

void print_builtin() {
  const int64_t context = config::DataConfig{}.context;
  const data::BackcopyOptions options;
  const data::BackcopyTask task = data::make_backcopy(options);
  const data::BackcopyFloor floor = data::backcopy_floor(task, context);
  std::cout << fmt::format(
      "\nbuilt in: backcopy, vocabulary {}, chain seed {}: chain entropy {:.4f} nats, trigger mass "
      "{:.3f},\n"
      "  floor {:.4f} nats at context {} ({:.1f}% of the targets are copies, chain positions "
      "{:.4f} nats)\n",
      task.symbols + 1, options.chain_seed, data::chain_entropy(task), data::trigger_mass(task),
      floor.nats, context, 100 * floor.backcopy_share, floor.chain_nats);
}

int list(const Globals& globals, const std::filesystem::path& folder) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  std::vector<Problem> problems;
  const auto folders = data::find_text_sets(folder);
  if (!globals.json && !folders.empty()) print_header();
  for (const auto& path : folders) {
    try {
      const data::TextSet set = data::read_text_set(path);
      if (globals.json)
        json.push_back(to_json(set));
      else
        print_set(set);
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  if (globals.json) {
    std::cout << json.dump(2) << "\n";
  } else {
    if (folders.empty())
      std::cout << "no imported text under '" << printable(folder.string()) << "'\n";
    if (!globals.quiet) print_builtin();
  }
  if (!problems.empty()) throw Error(problems);
  return 0;
}

// "a, b, c and 5 more"
std::string some_of(const Strings& names, size_t most = 4) {
  const Strings first(names.begin(), names.begin() + std::min(names.size(), most));
  return printable(
      fmt::format("{}{}", fmt::join(first, ", "),
                  names.size() > most ? fmt::format(" and {} more", names.size() - most) : ""));
}

void print_splits(const data::ImportResult& result) {
  std::cout << "split " << printable(result.rule) << "\n";
  for (const data::SplitSummary& split : result.splits) {
    const std::string documents =
        split.documents == split.files.size()
            ? ""
            : ", " + counted(static_cast<int64_t>(split.documents), "document");
    std::cout << fmt::format("  {:<6} {:>5.1f}% of the text, {} bytes{}, {}: {}\n", split.name,
                             100 * split.share, split.bytes, documents,
                             counted(std::ssize(split.files), "file"), some_of(split.files));
    if (split.name != "train")
      std::cout << fmt::format("         {:.1f}% of it also stands in the training text\n",
                               100 * split.copied);
  }
  const auto left_out = [](const Strings& names, const std::string& what) {
    if (!names.empty())
      std::cout << fmt::format("left out: {} {}: {}\n", names.size(), what, some_of(names));
  };
  left_out(result.left_out.hidden, "hidden files or folders");
  left_out(result.left_out.endings, "files that are not *.txt or *.jsonl");
  left_out(result.left_out.outside, "files outside the folders of the splits");
  left_out(result.left_out.empty, "empty files");
  if (const uint64_t n = result.left_out.empty_documents; n > 0)
    std::cout << "left out: " << counted(static_cast<int64_t>(n), "empty document") << "\n";
}

int import(const Globals& globals, const data::ImportRequest& request) {
  data::ImportResult result;
  const auto start = Clock::now();
  {
    ProgressLine line(globals.quiet);
    data::ImportRequest watched = request;
    watched.progress = [&line](const data::ImportProgress& progress) { line(progress); };
    result = data::import_text(watched);
  }
  const data::TextSet set = data::read_text_set(result.out);
  if (globals.json) {
    std::cout << to_json(set).dump(2) << "\n";
  } else if (!globals.quiet) {
    if (result.made) print_splits(result);
    print_header();
    print_set(set);
    if (result.made)
      std::cout << fmt::format("{} in {:.1f} s",
                               result.continued ? "continued and imported" : "imported",
                               seconds_since(start));
    else
      std::cout << "nothing to do: the same text is already imported";
    if (result.earlier)
      std::cout << fmt::format(
          ",\nsplit by the rule of an earlier version ({:.1f}% is validation text; --force splits it "
          "again, which makes other runs)",
          100.0 * static_cast<double>(set.valid.text_bytes) /
              static_cast<double>(set.train.text_bytes + set.valid.text_bytes));
    std::cout << "; use it with data.source=text "
              << shell_word("data.path=" + printable(result.out.string())) << "\n";
  }
  return 0;
}

// sentencepiece can crash if memory runs out, during training as well as when reading a model, so a
// child process does the whole import.
int import_in_child(const Globals& globals, const data::ImportRequest& request) {
  const std::optional<int> ended = continue_in_child();
  if (!ended) return import(globals, request);
  const bool said = WIFEXITED(*ended);  // the child has printed its message
  if (said && WEXITSTATUS(*ended) != queue::kExitNoMemory) return WEXITSTATUS(*ended);
  const bool kept = data::remove_unfinished_imports(request);
  if (said) return queue::kExitNoMemory;
  if (::isatty(STDERR_FILENO)) std::cerr << "\n";  // keeps the last progress line
  const int number = WTERMSIG(*ended);
  print(Error(fmt::format("the import was ended by signal {} ({}), {}", number, ::strsignal(number),
                          kept ? "what it finished is kept" : "no half-written set is left"),
              request.corpus.folder.string(),
              "most often memory has run out: free some, or give less text, and run the same "
              "command again" +
                  std::string(kept ? ", which continues there" : "")));
  return queue::kExitNoMemory;
}

po::options_description import_options(data::ImportRequest& request) {
  auto path = [](std::filesystem::path& target) {
    return po::value<std::string>()->notifier(
        [&target](const std::string& text) { target = text; });
  };
  po::options_description options("Options of import");
  options.add_options()("out", path(request.out)->value_name("data/NAME"),
                        "output folder (default: data/ and DIR's name)")(
      "tokenizer", po::value(&request.tokenizer)->value_name("bpe|bytes"), "default: bpe")(
      "vocab", po::value(&request.vocabulary)->value_name("N"),
      "vocabulary of the BPE (default 1024)")(
      "model", path(request.model)->value_name("FILE"),
      "use this sentencepiece model instead of training one")(
      "documents", po::value<std::string>()->value_name("joined|bos"),
      "what stands before each document (a file, or a line of .jsonl): nothing (default), or BOS")(
      "tokenizer-json", po::value<std::string>()->value_name("DIR"),
      "use the tokenizer of a pretrained model, for runs with train.init_checkpoint")(
      "valid-fraction", po::value(&request.corpus.valid_fraction)->value_name("F"),
      "fraction of the bytes for validation (default 0.05), if no name says what is")(
      "train-subdir", po::value(&request.corpus.train)->value_name("NAME"),
      "training sub-folder (default: train, training)")(
      "valid-subdir", po::value(&request.corpus.valid)->value_name("NAME"),
      "validation sub-folder (default: valid, validation, val, dev)")(
      "test-subdir", po::value(&request.corpus.test)->value_name("NAME"),
      "test sub-folder (default: test, testing)")(
      "ignore-names", po::bool_switch(&request.corpus.ignore_names),
      "split by --valid-fraction, whatever files and folders are called")(
      "allow-copies", po::bool_switch(&request.allow_copies),
      "import also if held-out text stands in the training text")(
      "force", "replace an imported text that differs");
  return options;
}

int run_data(const Globals& globals, const Strings& args) {
  data::ImportRequest request;
  po::options_description options = import_options(request);
  options.add_options()("arguments", po::value<Strings>(),
                        "import FOLDER or FILE, or list [FOLDER] (default data)");
  const auto values = parse(self("data"), options, "arguments", args);
  if (!values) return 0;
  const Strings words =
      values->count("arguments") ? (*values)["arguments"].as<Strings>() : Strings{};
  if (words.size() == 2 && words[0] == "import") {
    if (values->count("vocab") && request.tokenizer == "bytes")
      throw Error("--vocab is of the BPE", "sinkmoe data import", "leave it out");
    if (values->count("vocab") && values->count("model"))
      throw Error("--vocab and --model exclude each other", "sinkmoe data import", "keep one");
    if (values->count("tokenizer-json")) {
      if (values->count("vocab") || values->count("model") || values->count("tokenizer"))
        throw Error("--tokenizer-json excludes --tokenizer, --vocab and --model",
                    "sinkmoe data import", "keep one of them");
      request.tokenizer = "json";
      request.model = (*values)["tokenizer-json"].as<std::string>();
    }
    if (values->count("documents")) {
      const auto documents = (*values)["documents"].as<std::string>();
      if (documents != "joined" && documents != "bos")
        throw Error("unknown word '" + documents + "'", "--documents", "give joined or bos");
      request.documents = documents == "bos";
    }
    request.corpus.folder = words[1];
    request.force = values->count("force") > 0;
    return import_in_child(globals, request);
  }
  if (words.size() == 2 && words[0] == "list" && !std::filesystem::is_directory(words[1]))
    throw Error("no such folder", words[1]);
  if (!words.empty() && words.size() <= 2 && words[0] == "list")
    return list(globals, words.size() == 2 ? words[1] : "data");
  throw Error(words.empty() ? "say what to do"
                            : "cannot do '" + fmt::format("{}", fmt::join(words, " ")) + "'",
              "sinkmoe data", "use 'sinkmoe data import FOLDER' or 'sinkmoe data list [FOLDER]'");
}

const Registration<Command> data_command{{
    .name = "data",
    .help =
        "import a folder or file of text (.txt, .jsonl; .gz, .zst) as tokens, or list imported texts",
    .usage =
        "import FOLDER|FILE [--out data/NAME] [--tokenizer bpe|bytes] [--vocab N] | list [FOLDER]",
    .run = run_data,
}};

}  // namespace
}  // namespace sinkmoe::cli
