#include "queue/rank_place.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "core/error.h"

namespace sinkmoe::queue {
namespace {

// Sets the variables of a launcher, and removes them at the end.
struct Variables {
  using Values = std::map<std::string, std::string>;
  explicit Variables(const Values& values) {
    for (const auto& [name, value] : values) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~Variables() {
    for (const char* name : {"RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"}) ::unsetenv(name);
  }
};

std::string refusal() {
  try {
    place_from_environment();
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(RankPlace, ComesFromTheVariablesOfALauncher) {
  EXPECT_FALSE(place_from_environment().has_value());
  EXPECT_EQ(ranks_here(2), 2);
  const Variables set(
      {{"RANK", "3"}, {"WORLD_SIZE", "8"}, {"MASTER_ADDR", "node1"}, {"MASTER_PORT", "29500"}});
  const auto place = place_from_environment();
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->rank, 3);
  EXPECT_EQ(place->size, 8);
  EXPECT_EQ(place->address, "node1");
  EXPECT_EQ(place->port, 29500);
  EXPECT_EQ(ranks_here(2), 8) << "a launcher's number counts";
}

TEST(RankPlace, OneProcessIsNoRank) {
  const Variables set(Variables::Values{{"WORLD_SIZE", "1"}, {"RANK", "0"}});
  EXPECT_FALSE(place_from_environment().has_value());
}

TEST(RankPlace, SaysWhichVariableIsWrong) {
  const Variables set(Variables::Values{{"WORLD_SIZE", "2"}});
  EXPECT_NE(refusal().find("RANK is not set"), std::string::npos);
  ::setenv("RANK", "2", 1);
  EXPECT_NE(refusal().find("RANK is '2', not a number from 0 to 1"), std::string::npos);
  ::setenv("RANK", "1", 1);
  ::setenv("MASTER_PORT", "x", 1);
  EXPECT_NE(refusal().find("MASTER_PORT is 'x'"), std::string::npos);
  ::setenv("MASTER_PORT", "29500", 1);
  EXPECT_NE(refusal().find("MASTER_ADDR is not set"), std::string::npos);
}

}  // namespace
}  // namespace sinkmoe::queue
