// Judges all cells that decide one claim together: one family for Holm's correction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "report/judge/judgement.h"

namespace sinkmoe::report {

// The measured expectations of one artifact for one experiment.
struct MeasuredArtifact {
  std::string document, experiment;  // "main_table.grid", "grid"
  bool counts = true;                // in the verdict of a claim
  std::vector<Judgement>* judgements = nullptr;
};

// run_id of a run that only evaluates another run's weights -> run_id of that training.
using Trainings = std::map<std::string, std::string>;

// Fills the judged part of every judgement. The primary cells of a claim are one family over all
// artifacts that count; elsewhere (repeated experiments, private sweeps) those of one experiment
// are. A cell is a duplicate, and not in the family, if the trained models on both sides of its
// comparison are those of another cell of the family, and the numbers are equal or the same value of
// the same cell. Of the two, an evaluation of finished models stays rather than the training's own,
// otherwise the first. Untestable cells are not in the family either: nothing is tested.
void judge_families(const std::vector<MeasuredArtifact>& artifacts, const Trainings& trainings);

}  // namespace sinkmoe::report
