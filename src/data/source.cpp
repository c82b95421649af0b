#include "data/source.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "core/hash.h"
#include "core/registry.h"
#include "core/text/split_join.h"
#include "data/tasks/tasks.h"

namespace sinkmoe::data {

namespace {

// Of a line of data_contents: "task piqa HASH" names "task piqa".
std::string name_of_line(const std::string& line) { return line.substr(0, line.rfind(' ')); }
std::string hash_of(const std::string& line) {
  return line.empty() ? "none" : line.substr(line.rfind(' ') + 1);
}

std::string place_of(const std::string& thing, const config::RunConfig& config) {
  if (thing.starts_with("task ")) return config.eval.tasks_path;
  return config.data.path.empty() ? "data.source " + config.data.source : config.data.path;
}

}  // namespace

void DataSource::test_row(int64_t, std::span<int32_t>) const {
  throw std::logic_error("this data source has no test rows");
}

void DataSource::parts_of(std::span<const int32_t>, std::span<uint8_t> part) const {
  std::fill(part.begin(), part.end(), uint8_t{0});
}

std::vector<LossPart> loss_parts() {
  std::vector<LossPart> parts;
  std::set<std::string> seen;
  for (const auto& [name, kind] : Registry<SourceKind>::all())
    for (const LossPart& part : kind.parts)
      if (seen.insert(part.name).second) parts.push_back(part);
  return parts;
}

std::unique_ptr<DataSource> open_source(const config::DataConfig& config) {
  return Registry<SourceKind>::get(config.source).open(config);
}

std::string source_identity(const config::DataConfig& config) {
  return Registry<SourceKind>::get(config.source).identity(config);
}

std::string data_contents(const config::RunConfig& config) {
  const SourceKind& kind = Registry<SourceKind>::get(config.data.source);
  std::string text = "source " + kind.identity(config.data) + "\n" + tasks_identity(config.eval);
  if (config.eval.split == config::Split::test && kind.test_identity)
    text += "test " + kind.test_identity(config.data) + "\n";
  return text;
}

std::vector<InputRow> data_inputs(const config::RunConfig& config) {
  const SourceKind& kind = Registry<SourceKind>::get(config.data.source);
  const int64_t most = std::max<int64_t>(1, config.eval.final_tokens / config.data.context);
  std::vector<InputRow> inputs = {{.part = "source",
                                   .name = config.data.source,
                                   .sha256 = kind.identity(config.data),
                                   .rows = most}};
  if (kind.inputs) {
    inputs[0].rows.reset();
    const std::string read = name_of(config.eval.split);
    bool all = true;
    for (InputRow& row : kind.inputs(config.data)) {
      if (row.part == read) {
        all = *row.rows <= most;
        row.rows = std::min(*row.rows, most);
      } else if (!all || row.part != read + " file") {
        row.rows.reset();  // not read, or nobody counted how many of this file
      }
      inputs.push_back(std::move(row));
    }
  }
  int64_t number = 0;
  for (const std::string& line : split(tasks_identity(config.eval), '\n'))
    if (const std::vector<std::string> words = split(line, ' '); words.size() == 3)
      inputs.push_back({.part = "task", .ordinal = number++, .name = words[1], .sha256 = words[2]});
  return inputs;
}

std::string opened_contents(const config::RunConfig& config, const DataSource& source,
                            const std::string& tasks) {
  std::string text = "source " + source.content_hash() + "\n" + tasks;
  const std::string test = config.eval.split == config::Split::test ? source.test_hash() : "";
  return test.empty() ? text : text + "test " + test + "\n";
}

std::string data_digest(const std::string& contents) {
  constexpr std::string_view kSource = "source ";
  const size_t end = contents.find('\n');
  const bool only_source = contents.starts_with(kSource) && end + 1 == contents.size();
  return only_source ? contents.substr(kSource.size(), end - kSource.size()) : sha256_hex(contents);
}

std::string data_identity(const config::RunConfig& config) {
  return data_digest(data_contents(config));
}

void require_same_data(const std::string& planned, const std::string& found,
                       const config::RunConfig& config) {
  const std::vector<std::string> before = split(planned, '\n'), now = split(found, '\n');
  std::vector<Problem> problems;
  for (size_t i = 0; i < std::max(before.size(), now.size()); ++i) {
    const std::string a = i < before.size() ? before[i] : "", b = i < now.size() ? now[i] : "";
    if (a == b) continue;
    const std::string thing = name_of_line(a.empty() ? b : a);
    problems.push_back({"the data changed after the run was planned: the " + thing + " has hash " +
                            hash_of(b) + ", planned was " + hash_of(a),
                        place_of(thing, config),
                        "put the old data back, or give the command again: it then plans runs of "
                        "the new data"});
  }
  if (!problems.empty()) throw Error(std::move(problems));
}

}  // namespace sinkmoe::data
