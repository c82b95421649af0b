// Computes run_ids: hashes of everything that decides the numbers of a run.
#pragma once

#include <string>

#include "config/run_config.h"

namespace sinkmoe::plan {

// The parent of a run; all empty if it has none. If only the parent's run_id is known, it is used
// as its group_id too.
struct ParentIdentity {
  std::string run_id, group_id;
};

struct RunIdentity {
  std::string run_id, group_id;  // 12 lower-case hexadecimal digits each
};

// SHA-256 over kResultEpoch, the identity text, the content hash of the data and the parent.
// group_id leaves out train.seed and uses the parent's group_id, so that the seeds of fine-tuned
// runs form one group.
RunIdentity identify(const config::RunConfig& config, const std::string& data_hash,
                     const ParentIdentity& parent);

// The same from an identity text (canonical lines "section.key = value").
RunIdentity identify(const std::string& identity_text, const std::string& data_hash,
                     const ParentIdentity& parent);

}  // namespace sinkmoe::plan
