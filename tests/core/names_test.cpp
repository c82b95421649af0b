#include "core/names.h"

#include <gtest/gtest.h>

namespace sinkmoe::other {  // a module's namespace: the table is found beside its enumeration

enum class Fruit { apple, pear };
constexpr auto names_of(Fruit) {
  return names<Fruit>("fruit", {{Fruit::apple, "apple"}, {Fruit::pear, "ripe pear"}});
}

TEST(Names, AValueHasOneTextAndATextOneValue) {
  EXPECT_EQ(name_of(Fruit::pear), "ripe pear");
  EXPECT_EQ(parse_name<Fruit>("ripe pear"), Fruit::pear);
  EXPECT_EQ(find_name<Fruit>("pear"), std::nullopt);
  EXPECT_EQ(all_names<Fruit>(), (std::vector<std::string>{"apple", "ripe pear"}));
}

TEST(Names, AnUnknownTextIsRefusedWithThePlaceAndTheChoices) {
  try {
    parse_name<Fruit>("aple", "basket.toml:3");
    FAIL() << "accepted";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(),
                 "basket.toml:3: no fruit 'aple'; did you mean 'apple'? known: apple, ripe pear");
  }
}

TEST(Names, AValueThatTheTableLeavesOutIsAFaultOfTheProgram) {
  EXPECT_THROW(name_of(static_cast<Fruit>(7)), std::logic_error);
}

}  // namespace sinkmoe::other
