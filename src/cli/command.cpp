#include "cli/command.h"

#include <algorithm>
#include <iostream>

#include "core/text/quote.h"
#include "core/text/suggest.h"

namespace sinkmoe::cli {

namespace {

// Where parse() puts the options instead of reading arguments; see declared_options().
po::options_description* g_wanted_options = nullptr;

std::string near_option(const po::options_description& shown,
                        const std::vector<std::string>& args) {
  for (const std::string& a : args) {
    const std::string key = a.substr(0, a.find('='));
    if (a.starts_with('-') && key.find('.') != std::string::npos)
      return "a key has no dashes: " + a.substr(a.find_first_not_of('-'));
  }
  std::vector<std::string> names;
  for (const auto& o : shown.options()) names.push_back("--" + o->long_name());
  const po::options_description globals = global_options();
  for (const auto& o : globals.options()) names.push_back("--" + o->long_name());
  for (const std::string& a : args) {
    const std::string name = a.substr(0, a.find('='));
    if (a.starts_with("--") && std::find(names.begin(), names.end(), name) == names.end())
      if (const std::string near = did_you_mean(name, names); !near.empty()) return near;
  }
  return "";
}

// What an option wants, from its type and help: "a whole number (runs at a time; 0: as many as ...)".
std::string wanted(const po::options_description& options, const std::string& name) {
  const po::option_description* option = options.find_nothrow(name, false);
  if (!option) return "see its help";
  const po::value_semantic* type = option->semantic().get();
  std::string kind = "a value";
  if (dynamic_cast<const po::typed_value<int64_t>*>(type)) kind = "a whole number";
  if (dynamic_cast<const po::typed_value<double>*>(type)) kind = "a number";
  return "give " + kind + ": " + option->description();
}

// "the argument ('0.5') for option '--workers' is invalid" -> 0.5
std::string refused_value(const std::string& message) {
  const size_t from = message.find("('"), to = message.find("')", from);
  return to == message.npos ? "" : message.substr(from + 2, to - from - 2);
}

void print_command_help(const Command& command, const po::options_description& shown) {
  std::cout << "sinkmoe " << command.name << " " << command.usage << "\n\n"
            << command.help << "\n\n"
            << shown << "\n";
  if (!command.examples.empty()) std::cout << "Examples:\n" << command.examples << "\n";
}

}  // namespace

po::options_description global_options() {
  po::options_description options("Global options");
  options.add_options()(
      "db", po::value<std::string>()->value_name("PATH"),
      (std::string("database (default ") + store::kDefaultDatabase + ")").c_str())(
      "quiet", "only errors and results")("json", "machine-readable output")(
      "color", po::value<std::string>()->value_name("auto|never"), "colours on a terminal")(
      "version", "version, commit, build and LibTorch of this program");
  return options;
}

std::optional<po::variables_map> parse(const Command& command,
                                       const po::options_description& options,
                                       const std::string& positional,
                                       const std::vector<std::string>& args,
                                       const po::options_description& hidden) {
  po::options_description shown(options);
  shown.add_options()("help,h", "this text");
  if (g_wanted_options) {
    for (const auto& option : shown.options())
      if (option->long_name() != positional) g_wanted_options->add(option);
    return std::nullopt;
  }
  po::options_description all;
  all.add(shown).add(hidden);
  po::positional_options_description free;
  if (!positional.empty()) free.add(positional.c_str(), -1);
  po::variables_map values;
  try {
    po::store(
        po::command_line_parser(args)
            .options(all)
            .positional(free)
            .style(po::command_line_style::unix_style & ~po::command_line_style::allow_guessing)
            .run(),
        values);
    if (!values.count("help")) po::notify(values);
  } catch (const po::required_option& e) {
    const std::string name = e.get_option_name();  // "--run"
    throw Error(name == "--" + positional ? "an argument is missing" : name + " is missing",
                "sinkmoe " + command.name, "sinkmoe " + command.name + " " + command.usage);
  } catch (const po::multiple_occurrences& e) {
    const bool free_word = e.get_option_name() == "--" + positional;
    throw Error(
        free_word ? "more than one argument is given" : e.get_option_name() + " is given twice",
        "sinkmoe " + command.name, "sinkmoe " + command.name + " " + command.usage);
  } catch (const po::validation_error& e) {
    const std::string name = e.get_option_name();
    throw Error(name + " is '" + refused_value(e.what()) + "'", "sinkmoe " + command.name,
                wanted(all, name.substr(std::min(name.find_first_not_of('-'), name.size()))));
  } catch (const po::error& e) {
    const std::string near = near_option(shown, args);
    throw Error(e.what(), "sinkmoe " + command.name,
                near.empty() ? "see 'sinkmoe " + command.name + " --help'" : near);
  }
  if (values.count("help")) {
    print_command_help(command, shown);
    return std::nullopt;
  }
  if (values.count("out") && !values["out"].defaulted())
    require_folder_of("--out", values["out"].as<std::string>());
  return values;
}

void require_folder_of(const std::string& option, const std::filesystem::path& path) {
  namespace fs = std::filesystem;
  std::error_code none;
  const fs::path clean = path.lexically_normal(),
                 folder = (clean.has_filename() ? clean : clean.parent_path()).parent_path();
  fs::path there = folder;
  while (!there.empty() && !fs::exists(there, none)) there = there.parent_path();
  if (there == folder || folder == "data") return;
  throw Error(
      "there is no folder " + folder.string(), option + " " + path.string(),
      "the nearest one that exists is " + (there.empty() ? "the current one" : there.string()) +
          "; correct the name, or make the folder: mkdir -p " + shell_word(folder.string()));
}

po::options_description declared_options(const Command& command, const std::string& first) {
  po::options_description options;
  g_wanted_options = &options;
  try {
    command.run({}, first.empty() ? std::vector<std::string>{} : std::vector{first});
  } catch (const Error&) {
    // It refuses its arguments before it declares options: it has none to show.
  }
  g_wanted_options = nullptr;
  return options;
}

void print(const Error& error) {
  for (const Problem& problem : error.problems())
    std::cerr << "error: " << to_string(problem) << "\n";
}

const Command& self(const std::string& name) { return Registry<Command>::get(name); }

}  // namespace sinkmoe::cli
