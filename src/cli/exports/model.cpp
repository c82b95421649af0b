// sinkmoe export model: a run's final weights as a Hugging Face folder.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/export.h"
#include "cli/models/final_model.h"
#include "core/text/utf8.h"
#include "data/source.h"
#include "data/text_set.h"
#include "data/tokens/as_json.h"
#include "pretrained/export/export.h"

namespace sinkmoe::cli {

namespace {

// The tokenizer for the folder. `note` says where it is from, or why there is none.
struct ChosenTokenizer {
  std::map<std::string, std::string> files;
  int64_t bos = -1;
  std::string note;
};

ChosenTokenizer tokenizer_for(const FinalModel& model) {
  const config::RunConfig& c = model.config;
  if (c.data.source != "text")
    return {.note = "no tokenizer: its data are ids (BOS is " +
                    std::to_string(data::open_source(c.data)->bos()) + ")"};
  ChosenTokenizer out;
  try {
    out.bos = tokenizer_of(model)->bos();
    out.files = data::tokenizer_files(c.data.path);
    out.note = "tokenizer.json gives the ids of " + c.data.path;
    if (out.files.contains(data::kModelName))
      out.note += "; tokenizer.model is its sentencepiece form";
  } catch (const Error& e) {
    out.note = std::string("no tokenizer: ") + e.what();
  }
  return out;
}

int export_model(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("run", po::value<std::string>()->required(), "run_id or the start of one")(
      "out", po::value<std::string>()->required()->value_name("DIR"),
      "the new folder; it must not exist");
  const auto values = parse_export("model", options, "run", args);
  if (!values) return 0;
  const FinalModel model = find_final_model(globals.db, (*values)["run"].as<std::string>());
  const std::string out = (*values)["out"].as<std::string>();
  if (model.weights.filename() == pretrained::kAdapterFileName) {
    pretrained::export_adapters(model.weights, out);
    if (!globals.quiet)
      std::cout << printable("adapters of run " + model.run_id + " in " + out +
                             "; peft adds them to " + model.config.train.init_checkpoint + "\n");
    return 0;
  }
  const ChosenTokenizer tokenizer = tokenizer_for(model);
  const pretrained::ExportedModel made = pretrained::export_model({.config = model.config,
                                                                   .weights = model.weights,
                                                                   .out = out,
                                                                   .files = tokenizer.files,
                                                                   .bos = tokenizer.bos});
  if (globals.json)
    std::cout << nlohmann::ordered_json({{"run_id", model.run_id},
                                         {"folder", out},
                                         {"model_type", made.family},
                                         {"vocab_size", made.vocabulary},
                                         {"tokenizer", tokenizer.note}})
                     .dump(1)
              << "\n";
  else if (!globals.quiet)
    std::cout << printable(fmt::format(
        "run {} as {} in {}{}\n{}\n", model.run_id, made.family, out,
        made.family == "sinkmoe" ? "; load it with trust_remote_code=True" : "", tokenizer.note));
  return 0;
}

const Registration<Export> registration{
    {.name = "model",
     .help = "final weights as a folder that the transformers library loads",
     .usage = "RUN --out DIR",
     .run = export_model}};

}  // namespace

}  // namespace sinkmoe::cli
