// sinkmoe sample: a model continues a text.
#include <algorithm>
#include <cmath>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/command.h"
#include "cli/models/final_model.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "data/text_set.h"
#include "pretrained/next_token.h"
#include "pretrained/rows/tokenizer.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;
using Ids = std::vector<int32_t>;

// A model with its tokenizer.
struct Speaker {
  pretrained::NextToken next;
  int64_t context = 0;  // most tokens of one row
  size_t ids = 0;  // that the tokenizer knows; 0: no tokenizer. A model may have more (padding)
  std::optional<int32_t> bos;  // starts each row
  std::optional<int32_t> eos;  // ends a text
  std::function<Ids(const std::string&)> encode;
  std::function<std::string(const Ids&)> decode;
};

template <class T>
const T& only(const std::string& name) {
  if (!Registry<T>::all().contains(name))
    throw Error("this program was built without LibTorch", "sinkmoe sample",
                "build it with scripts/build.sh cpu-release");
  return Registry<T>::get(name);
}

Speaker open_folder(const fs::path& folder) {
  const auto model =
      std::make_shared<pretrained::Model>(pretrained::open_model(fs::weakly_canonical(folder)));
  const std::shared_ptr<data::HfTokenizer> tokenizer = pretrained::open_tokenizer(*model);
  Speaker s{.next = only<pretrained::FolderLogits>("layers").open(*model),
            .context = model->architecture.max_positions,
            .ids = static_cast<size_t>(tokenizer->vocabulary()),
            .bos = {},
            .eos = tokenizer->eos(),
            .encode = [tokenizer](const std::string& text) { return tokenizer->encode(text).ids; },
            .decode = [tokenizer](const Ids& ids) { return tokenizer->decode(ids); }};
  if (model->architecture.bos >= 0 && tokenizer->adds_bos())
    s.bos = static_cast<int32_t>(model->architecture.bos);
  s.next = [model, next = s.next](std::span<const int32_t> ids) { return next(ids); };
  return s;
}

// Token ids as text, for runs on synthetic data, which have no tokenizer.
Ids parse_ids(const std::string& text) {
  Ids ids;
  std::istringstream in(text);
  for (int32_t id = 0; in >> id;) ids.push_back(id);
  if (!in.eof() || ids.empty())
    throw Error(
        "'" + text + "' is not a list of token ids", "sinkmoe sample",
        "the run's data are synthetic and have no tokenizer: give ids, such as \"63 4 17\"");
  return ids;
}

Speaker open_run(const fs::path& db, const std::string& run) {
  const FinalModel model = find_final_model(db, run);
  Speaker s{.next = only<pretrained::RunLogits>("decoder").open(model.config, model.weights),
            .context = model.config.data.context,
            .encode = parse_ids,
            .decode = [](const Ids& ids) {
              return " " + join(ids, " ", [](int32_t id) { return std::to_string(id); });
            }};
  if (model.config.data.source == "text") {
    const std::shared_ptr<data::Tokenizer> tokenizer = data::open_tokenizer(model.config.data.path);
    s.ids = static_cast<size_t>(tokenizer->vocabulary());
    s.bos = tokenizer->bos();
    s.encode = [tokenizer](const std::string& text) { return tokenizer->encode(text); };
    s.decode = [tokenizer](const Ids& ids) { return tokenizer->decode(ids); };
  }
  return s;
}

// The last tokens that fit into a row, after BOS.
Ids row_of(const Speaker& s, const Ids& text) {
  Ids row;
  if (s.bos) row.push_back(*s.bos);
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

Continuation continue_text(const Speaker& s, Ids text, int64_t tokens,
                           const pretrained::Choice& choice) {
  Continuation out;
  for (int64_t i = 0; i < tokens; ++i) {
    std::vector<float> logits = s.next(row_of(s, text));
    if (s.ids > 0 && s.ids < logits.size()) logits.resize(s.ids);
    const int32_t id = pretrained::choose_next(logits, choice, static_cast<uint64_t>(i));
    if (s.eos && id == *s.eos) break;
    text.push_back(id);
    out.added.push_back(id);
    out.log_probability.push_back(log_probability(logits, id));
  }
  return out;
}

int sample(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("words", po::value<std::vector<std::string>>()->required(),
                        "a run_id or a Hugging Face folder, then the text to continue")(
      "tokens", po::value<int64_t>()->default_value(40)->value_name("N"), "tokens to add")(
      "temperature", po::value<double>()->default_value(0)->value_name("X"),
      "0: always the most probable token; above: a draw from softmax(logits / X)")(
      "seed", po::value<uint64_t>()->default_value(0)->value_name("S"), "of the draws");
  const auto values = parse(self("sample"), options, "words", args);
  if (!values) return 0;
  const auto words = (*values)["words"].as<std::vector<std::string>>();
  const int64_t tokens = (*values)["tokens"].as<int64_t>();
  const pretrained::Choice choice{(*values)["temperature"].as<double>(),
                                  (*values)["seed"].as<uint64_t>()};
  if (words.size() != 2)
    throw Error(words.size() < 2 ? "no text is given" : "more than one text is given",
                "sinkmoe sample", "put the text to continue in quotation marks");
  if (tokens < 1 || tokens > 100000 || !(choice.temperature >= 0 && choice.temperature <= 1000))
    throw Error("--tokens or --temperature is out of range", "sinkmoe sample",
                "tokens 1 to 100000, temperature 0 to 1000");
  const Speaker speaker =
      fs::is_directory(words[0]) ? open_folder(words[0]) : open_run(globals.db, words[0]);
  const Ids given = speaker.encode(words[1]);
  if (given.empty() && !speaker.bos)
    throw Error("the text has no token, and the model has no BOS", "sinkmoe sample",
                "give some text");
  const Continuation more = continue_text(speaker, given, tokens, choice);
  const std::string text = printable(speaker.decode(more.added));
  if (globals.json)
    std::cout << nlohmann::ordered_json({{"given", given},
                                         {"added", more.added},
                                         {"log_probability", more.log_probability},
                                         {"text", text}})
                     .dump()
              << "\n";
  else
    std::cout << printable(words[1] + text) << "\n";
  return 0;
}

const Registration<Command> sample_command{
    {.name = "sample",
     .help = "let a run or a pretrained model continue a text",
     .usage = "RUN|MODEL_DIR TEXT [--tokens N] [--temperature X] [--seed S]",
     .run = sample,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
