#include "support/source_dir.h"

namespace sinkmoe {

std::filesystem::path source_dir() { return SINKMOE_SOURCE_DIR; }

}  // namespace sinkmoe
