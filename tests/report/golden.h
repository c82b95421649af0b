// Comparison with files under tests/golden. SINKMOE_UPDATE_GOLDEN=1 rewrites them, and then the
// test fails: an updating run is no proof.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "support/source_dir.h"

namespace sinkmoe::report {

inline void expect_golden(const std::string& name, const std::string& text) {
  const std::filesystem::path path = source_dir() / "tests/golden" / name;
  if (std::getenv("SINKMOE_UPDATE_GOLDEN")) {
    std::ofstream(path, std::ios::binary) << text;
    ADD_FAILURE() << name
                  << " was rewritten; read it, then run again without SINKMOE_UPDATE_GOLDEN";
    return;
  }
  std::ifstream in(path, std::ios::binary);
  ASSERT_TRUE(in) << "no " << path;
  std::stringstream expected;
  expected << in.rdbuf();
  EXPECT_EQ(text, expected.str()) << "differs from tests/golden/" << name;
}

}  // namespace sinkmoe::report
