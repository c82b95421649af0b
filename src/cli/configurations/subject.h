// Configurations that people name: overrides, a file, an experiment of a file or of the database, a
// stored run.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/compose/compose.h"
#include "plan/plan.h"

namespace sinkmoe::cli {

// One configuration, and the keys that a sweep varies on top of it.
struct Subject {
  config::Composed composed;
  std::vector<plan::SweptKey> swept;
};

// One side of a comparison: overrides ("model=small train.lr=1e-3"), a file written by `config
// show`, an experiment (a file, else one of the database), or a stored run. Throws Error.
Subject subject_called(const std::filesystem::path& db, const std::string& text);

struct SubjectRequest {
  std::filesystem::path db;
  std::string experiment, run;     // of the options of the same names; may be empty
  std::vector<std::string> words;  // an experiment or a run, then overrides
};
Subject subject_of(const SubjectRequest& request);

}  // namespace sinkmoe::cli
