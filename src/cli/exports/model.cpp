// sinkmoe export model: a run's final weights as a Hugging Face folder.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/export.h"
#include "cli/models/final_model.h"
#include "core/text/utf8.h"
#include "data/text_set.h"
#include "pretrained/export/export.h"

namespace sinkmoe::cli {

namespace {

// The id of BOS in the run's data, if they are here.
int64_t bos_of(const config::RunConfig& config) {
  if (config.data.source != "text") return -1;
  try {
    return data::read_text_set(config.data.path).train.bos;
  } catch (const Error&) {
    return -1;
  }
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
  const pretrained::ExportedModel made =
      pretrained::export_model({.config = model.config,
                                .weights = model.weights,
                                .out = out,
                                .tokenizer = model.config.train.init_checkpoint,
                                .bos = bos_of(model.config)});
  if (globals.json)
    std::cout << nlohmann::ordered_json({{"run_id", model.run_id},
                                         {"folder", out},
                                         {"model_type", made.family},
                                         {"vocab_size", made.vocabulary}})
                     .dump(1)
              << "\n";
  else if (!globals.quiet)
    std::cout << printable(
        fmt::format("run {} as {} in {}{}\n", model.run_id, made.family, out,
                    made.family == "sinkmoe" ? "; load it with trust_remote_code=True" : ""));
  return 0;
}

const Registration<Export> registration{
    {.name = "model",
     .help = "final weights as a folder that the transformers library loads",
     .usage = "RUN --out DIR",
     .run = export_model}};

}  // namespace

}  // namespace sinkmoe::cli
