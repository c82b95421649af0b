#include "core/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinkmoe {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct Shape {
  static constexpr const char* kind = "shape";
  std::string name, help;
  int corners = 0;
};

const Registration<Shape> square{{.name = "square", .help = "four corners", .corners = 4}};
const Registration<Shape> triangle{{.name = "triangle", .help = "three corners", .corners = 3}};

TEST(RegistryTest, FindsByName) {
  EXPECT_EQ(Registry<Shape>::get("square").corners, 4);
  EXPECT_EQ(Registry<Shape>::all().size(), 2u);
}

TEST(RegistryTest, NamesAreKnownWithoutTheType) {
  EXPECT_THAT(plugin_names("shape"), ElementsAre("square", "triangle"));
  EXPECT_EQ(plugin_table()["shape"]["square"].help, "four corners");
  EXPECT_TRUE(plugin_names("no such kind").empty());
  EXPECT_FALSE(plugin_table().contains("no such kind")) << "asking makes no entry";
}

TEST(RegistryTest, AnUnknownNameIsAnErrorWithTheNearest) {
  try {
    Registry<Shape>::get("sqare");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("unknown shape 'sqare'; did you mean 'square'?"));
  }
}

TEST(RegistryTest, TwoOfOneNameAreAProgrammingError) {
  EXPECT_THROW(Registration<Shape>({.name = "square", .help = "another", .corners = 5}),
               std::logic_error);
  EXPECT_EQ(Registry<Shape>::get("square").corners, 4);
  EXPECT_EQ(plugin_table()["shape"]["square"].help, "four corners");
}

}  // namespace
}  // namespace sinkmoe
