// sinkmoe bench: stores the timings of scripts/bench.sh in the database.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "core/file.h"
#include "core/text/count.h"
#include "queue/machine.h"
#include "store/store.h"

namespace sinkmoe::cli {

namespace {

// One row: {"name", "variant", "value", "unit", "commit", "dirty", "setting": {...}}; commit and
// dirty are those of the program that was timed.
store::BenchRow row_of(const nlohmann::json& json, const std::string& device) {
  return {.name = json.at("name"),
          .variant = json.at("variant"),
          .setting = nlohmann::json(json.at("setting").get<nlohmann::json::object_t>()).dump(),
          .value = json.at("value"),
          .unit = json.at("unit"),
          .host = store::this_process().host,
          .device = device,
          .processor = device == "cuda" ? queue::gpu_name() : queue::processor_text(),
          .git_commit = json.at("commit"),
          .git_dirty = json.at("dirty")};
}

// All rows are read before any is written.
std::vector<store::BenchRow> read_rows(const std::string& file) {
  std::vector<store::BenchRow> rows;
  try {
    for (const nlohmann::json& json : nlohmann::json::parse(read_file(file, 1 << 26)))
      rows.push_back(row_of(json, json.at("setting").value("device", "cpu")));
  } catch (const nlohmann::json::exception& e) {
    throw Error(fmt::format("not a list of timings: {}", e.what()), file,
                "give a file that scripts/bench.sh wrote");
  }
  if (rows.empty()) throw Error("holds no timings", file, "run scripts/bench.sh again");
  return rows;
}

int run_bench(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("file", po::value<std::string>()->required(), "build/bench.json");
  const auto values = parse(self("bench"), options, "file", args);
  if (!values) return 0;
  const std::vector<store::BenchRow> rows = read_rows((*values)["file"].as<std::string>());
  const int64_t added = store::Store(globals.db, store::Purpose::results).add_bench(rows);
  if (globals.json)
    std::cout << fmt::format("{{\"added\": {}}}\n", added);
  else if (!globals.quiet)
    std::cout << fmt::format(
        "{} added{}; 'sinkmoe report overhead' shows them\n", counted(added, "timing"),
        added < static_cast<int64_t>(rows.size())
            ? fmt::format(", {} were here already", static_cast<int64_t>(rows.size()) - added)
            : "");
  return 0;
}

const Registration<Command> bench_command{
    {.name = "bench",
     .help = "store the timings of scripts/bench.sh in the database",
     .usage = "FILE",
     .run = run_bench}};

}  // namespace

}  // namespace sinkmoe::cli
