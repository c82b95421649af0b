// The experiments of a database by name, and the one message for a name that it does not have.
#pragma once

#include <string>
#include <vector>

#include "core/error.h"
#include "store/read/query.h"

namespace sinkmoe::store {

class UnknownExperiment : public Error {
 public:
  using Error::Error;
};

// Names of all experiments, sorted.
std::vector<std::string> experiment_names(const Reader& reader);

// "the database has no experiment 'qick'; did you mean 'quick'?", or all names if none is near.
Problem unknown_experiment(const std::string& name, const std::vector<std::string>& stored,
                           const std::string& where = "");

// Throws UnknownExperiment.
void require_experiment(const Reader& reader, const std::string& name);

}  // namespace sinkmoe::store
