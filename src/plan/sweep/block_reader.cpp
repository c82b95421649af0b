#include "plan/sweep/block_reader.h"

#include <algorithm>

#include "config/field_view.h"
#include "config/sweep/sweep_values.h"
#include "core/text/safe_name.h"
#include "core/text/suggest.h"

namespace sinkmoe::plan {

namespace {

const std::vector<std::string> kReserved = {"name", "zip", "skip_if", "init_from"};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

class BlockReader {
 public:
  BlockReader(const std::string& path, const std::vector<std::string>& groups,
              std::vector<Problem>& problems)
      : path_(path), groups_(groups), problems_(problems) {}

  Block read(const config::TomlValue& table) {
    block_.where = config::place(path_, table);
    for (const auto& [key, node] : table.members) {
      if (key == "name")
        read_name(node);
      else if (key == "zip")
        read_zip(node);
      else if (key == "skip_if")
        read_skip(node);
      else if (key == "init_from")
        read_init(node);
      else
        read_axes(key, node);
    }
    return std::move(block_);
  }

 private:
  void complain(const config::TomlValue& node, const std::string& what,
                const std::string& fix = "") {
    problems_.push_back({what, config::place(path_, node), fix});
  }

  // Runs `read` and collects its problems.
  template <class F>
  void collect(F&& read) {
    try {
      read();
    } catch (const Error& e) {
      problems_.insert(problems_.end(), e.problems().begin(), e.problems().end());
    }
  }

  void read_name(const config::TomlValue& node) {
    if (node.kind != config::TomlValue::Kind::kString || !safe_name(node.text))
      complain(node, "the block's name is not a plain name",
               "use letters, digits, '.', '_' and '-'");
    else
      block_.name = node.text;
  }

  void read_zip(const config::TomlValue& node) {
    const std::string fix = "write zip = [[\"model.layers\", \"model.width\"]]";
    if (node.kind != config::TomlValue::Kind::kArray)
      return complain(node, "zip is not a list", fix);
    for (const config::TomlValue& item : node.items) {
      std::vector<std::string> keys;
      for (const config::TomlValue& key : item.items)
        if (key.kind == config::TomlValue::Kind::kString) keys.push_back(key.text);
      if (item.kind != config::TomlValue::Kind::kArray || keys.size() != item.items.size() ||
          keys.size() < 2)
        complain(item, "zip needs lists of at least two keys", fix);
      else
        block_.zips.push_back(keys);
    }
  }

  void read_skip(const config::TomlValue& node) {
    if (node.kind == config::TomlValue::Kind::kArray) {
      for (const config::TomlValue& item : node.items) read_condition(item);
      return;
    }
    read_condition(node);
  }

  void read_condition(const config::TomlValue& node) {
    if (node.kind != config::TomlValue::Kind::kString)
      return complain(node, "skip_if is not a text",
                      "write skip_if = \"attention.kind == 'vanilla' && balance.weight != 0\"");
    collect([&] {
      block_.skip.emplace_back(node.text, config::place(path_, node), [&](const std::string& key) {
        return condition_type(key, groups_);
      });
    });
  }

  void read_init(const config::TomlValue& node) {
    block_.init.where = config::place(path_, node);
    if (node.kind == config::TomlValue::Kind::kString) {
      block_.init.block = node.text;
      if (node.text.empty()) complain(node, "init_from names no block");
      return;
    }
    if (node.kind != config::TomlValue::Kind::kTable)
      return complain(node, "init_from is neither a block's name nor a table of settings",
                      "write init_from = { train.steps = 500 }");
    if (node.members.empty())
      complain(node, "init_from is empty: the parent would be the run itself",
               "give the settings in which the parent differs: { train.steps = 500 }");
    for (config::Setting& setting : config::settings_of(node, path_, "init_from"))
      add_init(std::move(setting));
  }

  void add_init(config::Setting setting) {
    if (contains(groups_, setting.key)) {
      if (setting.value.kind != config::TomlValue::Kind::kString) {
        problems_.push_back(
            {"an option of group '" + setting.key + "' is one text", setting.where, ""});
        return;
      }
      block_.init.groups.push_back({setting.key, setting.value.text, setting.where});
      return;
    }
    config::RunConfig scratch;
    if (auto problem = config::apply(scratch, setting)) problems_.push_back(*problem);
    block_.init.settings.push_back(std::move(setting));
  }

  void read_axes(const std::string& key, const config::TomlValue& node) {
    if (node.kind == config::TomlValue::Kind::kTable) {
      for (const auto& [name, inner] : node.members) read_axes(key + "." + name, inner);
      return;
    }
    Axis axis{key, contains(groups_, key), {}};
    if (!axis.group && config::field_type(key).empty()) {
      std::vector<std::string> known = config::field_keys();
      known.insert(known.end(), groups_.begin(), groups_.end());
      known.insert(known.end(), kReserved.begin(), kReserved.end());
      return complain(node, "unknown key '" + key + "'", did_you_mean(key, known));
    }
    for (const Axis& other : block_.axes)
      if (other.key == key) return complain(node, "key '" + key + "' is repeated in this block");
    const size_t before = problems_.size();
    collect([&] { read_values(axis, node); });
    if (axis.values.empty() && problems_.size() == before)
      return complain(node, "key '" + key + "' has no values");
    check_values(axis);
    block_.axes.push_back(std::move(axis));
  }

  void read_values(Axis& axis, const config::TomlValue& node) {
    if (node.kind == config::TomlValue::Kind::kArray) {
      for (const config::TomlValue& item : node.items) axis.values.push_back(setting(axis, item));
      return;
    }
    if (node.kind == config::TomlValue::Kind::kString && !axis.group &&
        config::field_type(axis.key) != "string")
      for (const config::TomlValue& value :
           config::expand_call(node.text, config::place(path_, node)))
        axis.values.push_back({axis.key, value, config::place(path_, node), "sweep"});
    if (!axis.values.empty()) return;
    axis.values.push_back(setting(axis, node));
  }

  config::Setting setting(const Axis& axis, const config::TomlValue& node) const {
    const std::string where = config::place(path_, node);
    if (axis.group && node.kind != config::TomlValue::Kind::kString)
      throw Error("options of group '" + axis.key + "' are texts", where);
    return {axis.key, node, where, "sweep"};
  }

  void check_values(const Axis& axis) {
    if (axis.group) return;
    config::RunConfig scratch;
    std::string last;  // one problem per place, because a call has many values at one place
    for (const config::Setting& value : axis.values) {
      const auto problem = config::apply(scratch, value);
      if (problem && problem->where != last) problems_.push_back(*problem);
      if (problem) last = problem->where;
    }
  }

  const std::string& path_;
  const std::vector<std::string>& groups_;
  std::vector<Problem>& problems_;
  Block block_;
};

}  // namespace

Block read_block(const config::TomlValue& table, const std::string& path,
                 const std::vector<std::string>& groups, std::vector<Problem>& problems) {
  return BlockReader(path, groups, problems).read(table);
}

ConditionValue condition_type(const std::string& key, const std::vector<std::string>& groups) {
  if (contains(groups, key)) return std::string();
  return field_condition_value({}, key);
}

}  // namespace sinkmoe::plan
