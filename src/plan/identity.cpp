#include "plan/identity.h"

#include "config/compose/canonical.h"
#include "core/hash.h"
#include "core/text/split_join.h"

namespace sinkmoe::plan {

namespace {

std::string digest(const std::string& kind, const std::string& identity_text,
                   const std::string& data_hash, const std::string& parent) {
  const std::string text = "sinkmoe " + kind + "\nepoch " + std::to_string(config::kResultEpoch) +
                           "\n" + identity_text + "data " + data_hash + "\nparent " + parent + "\n";
  return sha256_hex(text).substr(0, 12);
}

std::string without_seed(const std::string& identity_text) {
  std::string text;
  for (const std::string& line : split(identity_text, '\n'))
    if (!line.empty() && !line.starts_with("train.seed = ")) text += line + "\n";
  return text;
}

}  // namespace

RunIdentity identify(const std::string& identity_text, const std::string& data_hash,
                     const ParentIdentity& parent) {
  return {digest("run", identity_text, data_hash, parent.run_id),
          digest("group", without_seed(identity_text), data_hash, parent.group_id)};
}

RunIdentity identify(const config::RunConfig& config, const std::string& data_hash,
                     const ParentIdentity& parent) {
  return identify(config::identity_text(config), data_hash, parent);
}

}  // namespace sinkmoe::plan
