#include "plan/stored_run.h"

#include <optional>

#include "config/compose/canonical.h"
#include "core/error.h"
#include "data/source.h"
#include "plan/identity.h"

namespace sinkmoe::plan {

namespace {

std::optional<std::string> data_hash(const config::RunConfig& config) {
  try {
    return data::data_identity(config);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace

std::string contradiction(const std::string& run_id, const std::string& parent_id,
                          const std::string& config, const std::string& identity) {
  config::RunConfig parsed;
  try {
    parsed = config::parse_canonical(config, "its configuration");
  } catch (const Error& e) {
    return e.what();
  }
  if (config::identity_text(parsed) != identity)
    return "its configuration does not give the identity that is stored with it";
  const auto hash = data_hash(parsed);
  if (!hash) return "";
  const std::string named = identify(identity, *hash, {parent_id, parent_id}).run_id;
  if (named == run_id) return "";
  return "its configuration makes it run " + named +
         ": it was changed, or made by a version with another result epoch";
}

std::string verified_data(const std::string& run_id, const std::string& parent_id,
                          const config::RunConfig& config) {
  const std::string contents = data::data_contents(config), hash = data::data_digest(contents);
  const std::string named = identify(config, hash, {parent_id, parent_id}).run_id;
  if (named != run_id)
    throw Error("run " + run_id +
                    " must be made again, but its data changed: with what lies there "
                    "now (hash " +
                    hash + ") it would be run " + named,
                config.data.path.empty() ? "run " + run_id : config.data.path,
                "put the old data back, or name another run to start from");
  return contents;
}

}  // namespace sinkmoe::plan
