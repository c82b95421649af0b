#include "plan/sweep/naming.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "config/compose/canonical.h"
#include "data/source.h"
#include "plan/identity.h"

namespace sinkmoe::plan {

namespace {

class Namer {
 public:
  Namer(Plan& plan, const Resolver& resolver, std::vector<Draft>& drafts,
        const DataContents& data_contents)
      : plan_(plan), resolver_(resolver), drafts_(drafts), data_contents_(data_contents) {}

  void run() {
    names_.resize(drafts_.size());
    depth_.assign(drafts_.size(), -1);
    hash_data();
    choose_keys();
    for (size_t i = 0; i < drafts_.size(); ++i)
      if (drafts_[i].skip_reason.empty())
        name(i);
      else
        plan_.skipped.push_back({resolver_.label(drafts_[i], shown_), drafts_[i].skip_reason});
    count_duplicates();
    for (const size_t i : order()) emit(i);
  }

 private:
  // The part of a configuration that decides which data the run reads.
  static std::string data_key(const config::RunConfig& config) {
    return config::section_text(config, {"data", "eval"});
  }

  // Once per data set, because a file may have to be read.
  void hash_data() {
    std::vector<Problem> problems;
    for (const Draft& draft : drafts_) {
      const std::string& key = data_keys_.emplace_back(data_key(draft.config));
      if (!draft.skip_reason.empty() || data_.contains(key)) continue;
      try {
        data_[key] = data_contents_(draft.config);
      } catch (const Error& e) {
        data_[key] = "";
        problems.insert(problems.end(), e.problems().begin(), e.problems().end());
      }
    }
    for (Problem& problem : problems)
      if (problem.where.empty()) problem.where = plan_.path;
    if (!problems.empty()) throw Error(std::move(problems));
  }

  // A key that is the same in every run is left out of labels.
  void choose_keys() {
    shown_.assign(resolver_.keys().size(), false);
    for (const Draft& draft : drafts_)
      for (size_t k = 0; k < shown_.size(); ++k)
        if (draft.swept[k] != drafts_[0].swept[k]) shown_[k] = true;
  }

  void name(size_t i) {
    if (depth_[i] >= 0) return;
    Draft& draft = drafts_[i];
    ParentIdentity parent{draft.config.train.init_from, draft.config.train.init_from},
        control_parent = parent;
    depth_[i] = 0;
    if (draft.parent >= 0) {
      const auto p = static_cast<size_t>(draft.parent);
      name(p);
      parent = control_parent = {names_[p].run_id, names_[p].group_id};
      // A run that only evaluates is compared with the same evaluation of its parent's control.
      if (draft.config.train.steps == 0 && !names_[p].control.empty())
        control_parent.run_id = names_[p].control;
      draft.config.train.init_from = parent.run_id;
      depth_[i] = depth_[p] + 1;
    }
    names_[i].data = data_.at(data_keys_[i]);
    names_[i].parent = parent.run_id;
    set_ids(names_[i], draft.config, data::data_digest(names_[i].data), parent, control_parent);
  }

  static void set_ids(RunSpec& spec, const config::RunConfig& config, const std::string& hash,
                      const ParentIdentity& parent, const ParentIdentity& control_parent) {
    const RunIdentity own = identify(config, hash, parent);
    config::RunConfig plain = config;
    plain.balance = config::BalanceConfig{};
    const RunIdentity control = identify(plain, hash, control_parent);
    spec.run_id = own.run_id;
    spec.group_id = own.group_id;
    spec.control = control.run_id == own.run_id ? "" : control.run_id;
  }

  void count_duplicates() {
    std::set<std::string> seen;
    for (size_t i = 0; i < drafts_.size(); ++i)
      if (drafts_[i].skip_reason.empty() && !drafts_[i].made_parent &&
          !seen.insert(names_[i].run_id).second)
        ++plan_.duplicates;
  }

  // Seed-major, so that an interrupted sweep has complete seeds; then parents, then the order of
  // the file.
  std::vector<size_t> order() const {
    std::vector<size_t> indices(drafts_.size());
    std::iota(indices.begin(), indices.end(), size_t{0});
    std::stable_sort(indices.begin(), indices.end(), [&](size_t a, size_t b) {
      return std::pair(drafts_[a].config.train.seed, depth_[a]) <
             std::pair(drafts_[b].config.train.seed, depth_[b]);
    });
    return indices;
  }

  void emit(size_t i) {
    const Draft& draft = drafts_[i];
    if (!draft.skip_reason.empty() || emitted_.contains(names_[i].run_id)) return;
    if (draft.parent >= 0) emit(static_cast<size_t>(draft.parent));  // it may have a later seed
    emitted_.insert(names_[i].run_id);
    RunSpec spec = names_[i];
    spec.config = draft.config;
    spec.label = resolver_.label(draft, shown_);
    if (!spec.parent.empty()) spec.label += " init_from=" + spec.parent;
    plan_.runs.push_back(std::move(spec));
  }

  Plan& plan_;
  const Resolver& resolver_;
  std::vector<Draft>& drafts_;
  const DataContents& data_contents_;
  std::vector<std::string> data_keys_;       // by draft
  std::map<std::string, std::string> data_;  // data_key -> contents
  std::vector<RunSpec> names_;               // by draft; only the ids are filled
  std::vector<int> depth_;                   // by draft: number of ancestors
  std::vector<bool> shown_;
  std::set<std::string> emitted_;
};

}  // namespace

void name_runs(Plan& plan, const Resolver& resolver, std::vector<Draft>& drafts,
               const DataContents& data_contents) {
  Namer(plan, resolver, drafts, data_contents).run();
}

}  // namespace sinkmoe::plan
