#include "cli/completion/candidates.h"

#include <algorithm>

#include "cli/command.h"
#include "cli/completion/sources.h"
#include "core/text/split_join.h"

namespace sinkmoe::cli {

namespace {

using Words = std::vector<std::string>;

// "arg (=0)" -> "arg": the name of an option's value, "" for a switch.
std::string value_name(const po::option_description& option) {
  if (option.semantic()->max_tokens() == 0) return "";
  const std::string name = option.semantic()->name();
  return name.substr(0, name.find(" ("));
}

std::vector<Candidate> value_candidates(const std::string& name, const std::filesystem::path& db,
                                        bool plans) {
  if (name.find('|') == std::string::npos) return names_for(name, db, plans);
  std::vector<Candidate> list;
  for (const std::string& choice : split(name, '|')) list.push_back({choice, ""});
  return list;
}

// The words before the last one, read as the program reads them.
struct Line {
  Words free;  // the command, then its free arguments
  std::filesystem::path db = Globals{}.db;
  const po::option_description* open = nullptr;  // the option whose value the last word is
};

Line read_line(const Words& words, const po::options_description& options) {
  Line line;
  for (size_t i = 0; i + 1 < words.size(); ++i) {
    const std::string& word = words[i];
    const size_t equals = word.find('=');
    if (word.starts_with("--db=")) line.db = word.substr(5);
    if (!word.starts_with("--")) {
      line.free.push_back(word);
      continue;
    }
    const auto* option = options.find_nothrow(word.substr(2), false);
    if (!option || equals != std::string::npos || value_name(*option).empty()) continue;
    ++i;  // its value
    if (i + 1 == words.size())
      line.open = option;
    else if (word == "--db")
      line.db = words[i];
  }
  return line;
}

// The alternatives of a usage text, each a list of free arguments without brackets and options:
// "show [override...] | explain KEY [--name NAME]" -> {show, override...}, {explain, KEY}.
std::vector<Words> alternatives(const std::string& usage) {
  std::vector<Words> list(1);
  bool value_of_option = false;
  for (std::string word : split(usage, ' ')) {
    if (word == "|") {
      list.emplace_back();
      continue;
    }
    const bool closes = word.ends_with(']');
    std::erase_if(word, [](char c) { return c == '[' || c == ']'; });
    if (word.starts_with("--"))
      value_of_option = !closes;
    else if (value_of_option)
      value_of_option = false;
    else if (!word.empty())
      list.back().push_back(word);
  }
  return list;
}

bool is_literal(const std::string& word) {
  return !word.empty() &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos;
}

void add_argument(std::vector<Candidate>& list, std::string what, const std::string& word,
                  const std::filesystem::path& db, bool plans) {
  if (is_literal(what)) {
    list.push_back({what, ""});
    return;
  }
  if (what.ends_with("...")) what.resize(what.size() - 3);
  if (what == "override" || what.ends_with("|override")) {
    for (Candidate& c : override_candidates(word)) list.push_back(std::move(c));
    if (what == "override" || word.find('=') != std::string::npos) return;
  }
  for (Candidate& c : names_for(what, db, plans)) list.push_back(std::move(c));
}

// A key or a name that stands on the line is not offered again.
bool stands_already(const Words& given, const std::string& candidate) {
  return std::any_of(given.begin(), given.end(), [&](const std::string& word) {
    return candidate.ends_with('=') ? word.starts_with(candidate) : word == candidate;
  });
}

// Free arguments. `given`: those before the last word.
std::vector<Candidate> arguments(const Command& command, const Words& given,
                                 const std::string& word, const std::filesystem::path& db) {
  std::vector<Candidate> list;
  for (const Words& way : alternatives(command.usage)) {
    if (way.empty()) continue;
    if (!given.empty() && is_literal(way[0]) && way[0] != given[0]) continue;
    const size_t place = std::min(given.size(), way.size() - 1);
    if (place == given.size() || way[place].ends_with("..."))
      add_argument(list, way[place], word, db, command.plans);
  }
  std::erase_if(list, [&](const Candidate& c) { return stands_already(given, c.text); });
  return list;
}

std::vector<Candidate> option_names_of(const po::options_description& options) {
  std::vector<Candidate> list;
  for (const auto& option : options.options())
    list.push_back({"--" + option->long_name(), option->description()});
  return list;
}

}  // namespace

std::vector<Candidate> candidates(const Words& words) {
  if (words.empty()) return {};
  const std::string& word = words.back();
  po::options_description options = global_options();
  const Command* command = nullptr;
  for (const std::string& name : read_line(words, options).free)
    if (const auto it = Registry<Command>::all().find(name);
        !command && it != Registry<Command>::all().end())
      command = &it->second;
  if (command && !command->raw) {
    const Words free = read_line(words, options).free;
    options.add(declared_options(*command, free.size() > 1 ? free[1] : ""));
  }
  const Line line = read_line(words, options);
  const bool plans = command && command->plans;

  std::vector<Candidate> list;
  const size_t equals = word.starts_with("--") ? word.find('=') : std::string::npos;
  if (line.open) {
    list = value_candidates(value_name(*line.open), line.db, plans);
  } else if (equals != std::string::npos) {
    if (const auto* option = options.find_nothrow(word.substr(2, equals - 2), false))
      for (const Candidate& c : value_candidates(value_name(*option), line.db, plans))
        list.push_back({word.substr(0, equals + 1) + c.text, c.help});
  } else if (word.starts_with("-")) {
    list = option_names_of(options);
  } else if (!command) {
    for (const auto& [name, c] : Registry<Command>::all())
      if (!c.hidden) list.push_back({name, c.help});
  } else {
    list = arguments(*command, {line.free.begin() + 1, line.free.end()}, word, line.db);
  }
  std::erase_if(list, [&](const Candidate& c) { return !c.text.starts_with(word); });
  return list;
}

}  // namespace sinkmoe::cli
