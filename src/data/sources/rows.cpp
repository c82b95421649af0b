// Data source "rows": names the token rows that `sinkmoe heads` measured, so that its results are
// stored like those of a run. The rows themselves are not kept, and no run can train on them.
#include "core/error.h"
#include "core/registry.h"
#include "data/source.h"

namespace sinkmoe::data {
namespace {

struct Options {
  std::string hash = "";
  int64_t bos = -1;
  static void fields(auto& o, auto&& f) {
    f({.key = "hash", .help = "SHA-256 of the token ids; `sinkmoe heads` fills it in"}, o.hash);
    f({.key = "bos",
       .help = "id that `sinkmoe heads` put at the start of each row; -1: none",
       .lo = -1,
       .hi = 1e9},
      o.bos);
  }
};

[[noreturn]] void refuse() {
  throw Error("only 'sinkmoe heads' measures token rows", "data.source rows",
              "to train or evaluate, import the text and use data.source = text");
}

std::string identity(const config::DataConfig& config) {
  const std::string hash = config.chosen<Options>().hash;
  if (hash.empty()) refuse();
  return hash;
}

const Registration<SourceKind> registration{{
    .name = "rows",
    .help = "token rows of `sinkmoe heads`; only that command can measure them",
    .options = config::options_of<Options>(),
    .open = [](const config::DataConfig&) -> std::unique_ptr<DataSource> { refuse(); },
    .identity = identity,
}};

}  // namespace
}  // namespace sinkmoe::data
