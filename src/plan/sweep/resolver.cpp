#include "plan/sweep/resolver.h"

#include <algorithm>

#include "config/field_view.h"
#include "core/text/number.h"

namespace sinkmoe::plan {

namespace {

const config::GroupChoice* find_group(const std::vector<config::GroupChoice>& groups,
                                      const std::string& name) {
  for (const config::GroupChoice& choice : groups)
    if (choice.group == name) return &choice;
  return nullptr;
}

ConditionValue condition_value(const std::string& key, const config::RunConfig& config,
                               const std::vector<config::GroupChoice>& groups) {
  if (key.find('.') != std::string::npos) return field_condition_value(config, key);
  const config::GroupChoice* choice = find_group(groups, key);
  return choice ? choice->option : std::string();
}

// The text in a label: texts without quotes, integers without an exponent.
std::string swept_text(const std::string& key, const config::RunConfig& config,
                       const std::vector<config::GroupChoice>& groups) {
  if (key.find('.') != std::string::npos)
    return config::bare_text(config::field_value(config, key));
  const config::GroupChoice* choice = find_group(groups, key);
  return choice ? choice->option : "";
}

void add_unique(std::vector<std::string>& keys, const std::string& key) {
  if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
}

}  // namespace

Resolver::Resolver(const std::filesystem::path& config_root, const Experiment& experiment)
    : root_(config_root), experiment_(experiment), base_(config::read_base(config_root)) {
  collect_keys();
}

void Resolver::collect_keys() {
  for (const Block& block : experiment_.blocks) {
    for (const Axis& axis : block.axes) add_unique(keys_, axis.key);
    for (const config::GroupChoice& choice : block.init.groups) add_unique(keys_, choice.group);
    for (const config::Setting& setting : block.init.settings) add_unique(keys_, setting.key);
  }
  std::stable_partition(keys_.begin(), keys_.end(),
                        [](const std::string& key) { return key != "train.seed"; });
}

std::vector<config::GroupChoice> Resolver::groups() const {
  std::vector<config::GroupChoice> groups = base_.groups;
  for (const config::GroupChoice& choice : experiment_.groups) config::choose(groups, choice);
  return groups;
}

std::vector<config::Setting> Resolver::layers(
    const std::vector<config::GroupChoice>& groups) const {
  std::vector<config::Setting> settings = config::layered(root_, base_, groups);
  settings.insert(settings.end(), experiment_.settings.begin(), experiment_.settings.end());
  return settings;
}

const config::RunConfig& Resolver::base_config(const std::vector<config::GroupChoice>& groups) {
  std::string name;
  for (const config::GroupChoice& choice : groups) name += choice.group + "=" + choice.option + " ";
  const auto it = by_groups_.find(name);
  if (it != by_groups_.end()) return it->second;
  config::RunConfig config;
  std::vector<Problem> problems;
  for (const config::Setting& setting : layers(groups))
    if (auto problem = config::apply(config, setting)) problems.push_back(*problem);
  if (!problems.empty()) throw Error(std::move(problems));
  return by_groups_.emplace(name, config).first->second;
}

Resolver::Parts Resolver::parts_of(size_t block, const Pick& pick) const {
  Parts parts{groups(), {}};
  const std::vector<Axis>& axes = experiment_.blocks[block].axes;
  for (size_t i = 0; i < axes.size(); ++i) {
    const config::Setting& value = axes[i].values[pick[i]];
    if (axes[i].group)
      config::choose(parts.groups, {axes[i].key, value.value.text, value.where, value.argument});
    else
      parts.settings.push_back(value);
  }
  return parts;
}

// A model.* that the experiment or the command line sets to another value than the checkpoint has
// would be ignored without a word.
std::vector<Problem> Resolver::start_from_checkpoint(config::RunConfig& config,
                                                     const Parts& parts) {
  if (config.train.init_checkpoint.empty()) return {};
  const config::RunConfig given = config;
  try {
    starts_.apply(config);
  } catch (const Error& e) {
    return e.problems();
  }
  std::vector<Problem> problems;
  for (const auto* settings : {&experiment_.settings, &parts.settings})
    for (const config::Setting& setting : *settings) {
      if (!setting.key.starts_with("model.")) continue;
      const config::FieldValue wanted = config::field_value(given, setting.key),
                               found = config::field_value(config, setting.key);
      if (wanted != found)
        problems.push_back({setting.key + " is " + config::bare_text(wanted) +
                                ", but the checkpoint has " + config::bare_text(found),
                            setting.where, "leave it out: the checkpoint decides"});
    }
  return problems;
}

void Resolver::resolve(Draft& draft, const Parts& parts) {
  draft.config = base_config(parts.groups);
  for (const config::Setting& setting : parts.settings) config::apply(draft.config, setting);
  draft.problems = start_from_checkpoint(draft.config, parts);
  for (const std::string& key : keys_)
    draft.swept.push_back(swept_text(key, draft.config, parts.groups));
  if (!draft.made_parent)
    for (const Condition& condition : experiment_.blocks[draft.block].skip)
      if (draft.skip_reason.empty() && condition.holds([&](const std::string& key) {
            return condition_value(key, draft.config, parts.groups);
          }))
        draft.skip_reason = condition.text();
  if (!draft.skip_reason.empty()) draft.problems.clear();
  if (!draft.skip_reason.empty() || !draft.problems.empty() ||
      config::inconsistencies(draft.config).empty())
    return;
  // Composes again, slowly, to find the layer with the error.
  std::vector<config::Setting> settings = layers(parts.groups);
  settings.insert(settings.end(), parts.settings.begin(), parts.settings.end());
  try {
    config::compose(settings);
  } catch (const Error& e) {
    draft.problems = e.problems();
  }
}

Draft Resolver::point(size_t block, const Pick& pick) {
  Draft draft;
  draft.block = block;
  draft.pick = pick;
  resolve(draft, parts_of(block, pick));
  return draft;
}

Draft Resolver::parent_of(const Draft& point) {
  const InitFrom& init = experiment_.blocks[point.block].init;
  Draft draft;
  draft.block = point.block;
  draft.pick = point.pick;
  draft.made_parent = true;
  Parts parts = parts_of(point.block, point.pick);
  for (const config::GroupChoice& choice : init.groups) config::choose(parts.groups, choice);
  parts.settings.insert(parts.settings.end(), init.settings.begin(), init.settings.end());
  resolve(draft, parts);
  return draft;
}

std::string Resolver::label(const Draft& draft, const std::vector<bool>& shown) const {
  std::string text;
  for (size_t i = 0; i < keys_.size(); ++i)
    if (shown[i]) text += (text.empty() ? "" : " ") + keys_[i] + "=" + draft.swept[i];
  return text.empty() ? experiment_.name : text;
}

}  // namespace sinkmoe::plan
