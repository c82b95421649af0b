// sinkmoe sample: a model continues a text.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/models/speaker.h"
#include "core/text/utf8.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;

// What one call reads: perhaps BOS, then the ids of the text.
struct Prompt {
  std::optional<int32_t> bos;
  Ids given;
};

// The last tokens that fit into a row, after BOS.
Ids row_of(const Speaker& s, const Prompt& prompt) {
  Ids row;
  if (prompt.bos) row.push_back(*prompt.bos);
  const Ids& text = prompt.given;
  const size_t room = static_cast<size_t>(s.context) - row.size();
  const size_t from = text.size() > room ? text.size() - room : 0;
  row.insert(row.end(), text.begin() + static_cast<std::ptrdiff_t>(from), text.end());
  return row;
}

struct Continuation {
  Ids added;
  std::vector<double> log_probability;  // nats, of each added token
};

double log_probability(const std::vector<float>& logits, int32_t id) {
  const double top = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - top);
  return logits[static_cast<size_t>(id)] - top - std::log(sum);
}

Continuation continue_text(const Speaker& s, Prompt prompt, int64_t tokens,
                           const pretrained::Choice& choice) {
  Continuation out;
  for (int64_t i = 0; i < tokens; ++i) {
    std::vector<float> logits = s.next(row_of(s, prompt));
    if (s.ids > 0 && s.ids < logits.size()) logits.resize(s.ids);
    const int32_t id = pretrained::choose_next(logits, choice, static_cast<uint64_t>(i));
    if (s.eos && id == *s.eos) break;
    prompt.given.push_back(id);
    out.added.push_back(id);
    out.log_probability.push_back(log_probability(logits, id));
  }
  return out;
}

// The id that starts the row, according to --bos.
std::optional<int32_t> bos_of(const Speaker& s, const std::string& choice) {
  if (choice != "yes" && choice != "no" && choice != "auto")
    throw Error("--bos is '" + choice + "'", "sinkmoe sample", "give yes, no or auto");
  if (choice == "no" || (choice == "auto" && !s.bos_is_usual)) return {};
  if (!s.bos)
    throw Error("no BOS token is known", "sinkmoe sample",
                "give --bos no, or the id of BOS as the first of the ids");
  return s.bos;
}

std::string described(const Speaker& s, const Prompt& prompt) {
  std::string text = prompt.bos ? fmt::format("the row is BOS (id {}) and ", *prompt.bos)
                                : std::string("the row is ");
  text += fmt::format("the {} tokens given", prompt.given.size());
  if (!prompt.bos)
    text += s.bos ? fmt::format(", without BOS (id {})", *s.bos) : std::string(", without BOS");
  const size_t row = prompt.given.size() + (prompt.bos ? 1 : 0);
  if (row > static_cast<size_t>(s.context))
    text += fmt::format("; it has {} tokens, the model reads the last {}", row, s.context);
  return text;
}

po::options_description sample_options() {
  po::options_description options("Options");
  options.add_options()("words", po::value<std::vector<std::string>>()->required(),
                        "a run_id or a Hugging Face folder, then the text to continue")(
      "ids", po::value<std::string>()->value_name("LIST"),
      "token ids instead of a text, such as 1,2,3; needs no tokenizer")(
      "bos", po::value<std::string>()->default_value("auto")->value_name("yes|no|auto"),
      "BOS before the text; auto: as in the run's training, or as the folder's tokenizer does; ids "
      "are taken as they are")("adapter",
                               po::value<std::string>()->default_value("", "")->value_name("DIR"),
                               "folder of adapters (peft) of MODEL_DIR")(
      "tokens", po::value<int64_t>()->default_value(40)->value_name("N"), "tokens to add")(
      "temperature", po::value<double>()->default_value(0)->value_name("X"),
      "0: always the most probable token; above: a draw from softmax(logits / X)")(
      "seed", po::value<int64_t>()->default_value(0)->value_name("S"), "of the draws");
  return options;
}

int sample(const Globals& globals, const std::vector<std::string>& args) {
  const auto values = parse(self("sample"), sample_options(), "words", args);
  if (!values) return 0;
  const auto words = (*values)["words"].as<std::vector<std::string>>();
  const bool ids = values->count("ids") > 0;
  const int64_t tokens = (*values)["tokens"].as<int64_t>();
  const int64_t seed = (*values)["seed"].as<int64_t>();
  const pretrained::Choice choice{(*values)["temperature"].as<double>(),
                                  static_cast<uint64_t>(seed)};
  if (ids && words.size() > 1)
    throw Error("both --ids and a text are given", "sinkmoe sample", "give one of the two");
  if (!ids && words.size() != 2)
    throw Error(words.size() < 2 ? "no text is given" : "more than one text is given",
                "sinkmoe sample", "put the text to continue in quotation marks");
  if (tokens < 1 || tokens > 100000 || !(choice.temperature >= 0 && choice.temperature <= 1000))
    throw Error("--tokens or --temperature is out of range", "sinkmoe sample",
                "tokens 1 to 100000, temperature 0 to 1000");
  if (seed < 0) throw Error(fmt::format("--seed is {}", seed), "sinkmoe sample", "give 0 or more");
  const std::string text = ids ? (*values)["ids"].as<std::string>() : words[1];
  const SpeakerInput input = ids ? SpeakerInput::ids : SpeakerInput::text;
  const std::string adapter = (*values)["adapter"].as<std::string>();
  const bool folder = fs::is_directory(words[0]);
  if (!folder && !adapter.empty())
    throw Error("--adapter needs a folder of the model", "sinkmoe sample",
                "'sinkmoe export model' writes one");
  const Speaker speaker =
      folder ? folder_speaker(words[0], adapter, input) : run_speaker(globals.db, words[0], input);
  const Prompt prompt{bos_of(speaker, (*values)["bos"].as<std::string>()), speaker.encode(text)};
  if (prompt.given.empty() && !prompt.bos)
    throw Error("the text has no token, and no BOS stands before it", "sinkmoe sample",
                "give some text");
  if (!globals.quiet) std::cerr << described(speaker, prompt) << "\n";
  const Continuation more = continue_text(speaker, prompt, tokens, choice);
  const std::string added = printable(speaker.decode(more.added));
  if (globals.json)
    std::cout << nlohmann::ordered_json(
                     {{"bos", prompt.bos ? nlohmann::ordered_json(*prompt.bos) : nullptr},
                      {"given", prompt.given},
                      {"added", more.added},
                      {"log_probability", more.log_probability},
                      {"text", added}})
                     .dump()
              << "\n";
  else
    std::cout << printable(text + added) << "\n";
  return 0;
}

const Registration<Command> sample_command{
    {.name = "sample",
     .help = "let a run or a pretrained model continue a text",
     .usage = "RUN|MODEL_DIR TEXT|--ids LIST [--adapter DIR] [--bos yes|no|auto] [--tokens N] "
              "[--temperature X] [--seed S]",
     .run = sample,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
