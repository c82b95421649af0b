#include "cli/launch/launcher_arguments.h"

#include <algorithm>

namespace sinkmoe::cli {

namespace {

// array_limit -> array-limit
std::string option_name(const char* key) {
  std::string name = key;
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

}  // namespace

void add_launcher_options(po::options_description& options) {
  options.add_options()("launcher",
                        po::value<std::string>()->default_value("local")->value_name("local|slurm"),
                        "where the runs are made: on this computer, or in the tasks of Slurm")(
      "site", po::value<std::string>()->value_name("NAME"),
      "with --launcher slurm: read configs/launcher/NAME.toml; default: slurm");
  const queue::LauncherOptions defaults;
  queue::fields(defaults, [&](const FieldInfo& info, const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    const std::string name = option_name(info.key), help = std::string("Slurm: ") + info.help;
    options.add_options()(name.c_str(), po::value<Value>(), help.c_str());
  });
}

LauncherChoice launcher_choice(const po::variables_map& values) {
  const std::string name = values["launcher"].as<std::string>();
  LauncherChoice choice{Registry<queue::Launcher>::get(name), {}};
  const bool jobs = static_cast<bool>(choice.launcher.submit);
  if (jobs)
    choice.options = queue::read_launcher_options(
        "configs", values.count("site") ? values["site"].as<std::string>() : name);
  std::vector<Problem> problems;
  const auto require_jobs = [&](const std::string& option) {
    if (!jobs)
      problems.push_back(
          {"--" + option + " needs a launcher with jobs", "command line", "add --launcher slurm"});
  };
  for (const char* option : {"site", "detach"})
    if (values.count(option)) require_jobs(option);
  queue::fields(choice.options, [&](const FieldInfo& info, auto& value) {
    const std::string option = option_name(info.key);
    if (!values.count(option)) return;
    require_jobs(option);
    value = values[option].as<std::remove_cvref_t<decltype(value)>>();
  });
  if (!problems.empty()) throw Error(problems);
  if (jobs) queue::check(choice.options);
  return choice;
}

}  // namespace sinkmoe::cli
