// Names of runs: hashes of what decides their results.
#pragma once

#include <string>

#include "config/run_config.h"

namespace sinkmoe::plan {

// A run that another starts from; all empty for a fresh start. A parent known only by its run_id
// has it as group too.
struct ParentIdentity {
  std::string run_id, group_id;
};

struct RunIdentity {
  std::string run_id, group_id;  // 12 lower-case hexadecimal digits each
};

// SHA-256 over kResultEpoch, the identity text, the data's content hash and the parent;
// group_id leaves out train.seed and takes the parent's group_id, so that seeds of fine-tuned
// runs form one group.
RunIdentity identify(const config::RunConfig& config, const std::string& data_hash,
                     const ParentIdentity& parent);

// The same from an identity text (canonical lines "section.key = value").
RunIdentity identify(const std::string& identity_text, const std::string& data_hash,
                     const ParentIdentity& parent);

}  // namespace sinkmoe::plan
