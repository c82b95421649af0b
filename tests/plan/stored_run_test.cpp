// Runs that come from elsewhere: what they say of themselves must be true.
#include "plan/stored_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compose/canonical.h"
#include "data/source.h"
#include "plan/identity.h"

namespace sinkmoe::plan {
namespace {

using testing::HasSubstr;

struct StoredRun : testing::Test {
  std::string check(const std::string& id) const {
    return contradiction(id, "", config::canonical_text(config), config::identity_text(config));
  }
  config::RunConfig config;
};

TEST_F(StoredRun, IsWhatItsConfigurationMakesIt) {
  config.train.seed = 3;
  const std::string id = identify(config, data::source_identity(config.data), {}).run_id;
  EXPECT_EQ(check(id), "");
  config.train.seed = 4;
  EXPECT_THAT(check(id), HasSubstr("makes it run"));
}

TEST_F(StoredRun, MustGiveTheIdentityThatIsStored) {
  EXPECT_THAT(contradiction("0123456789ab", "", config::canonical_text(config), "train.lr = 7\n"),
              HasSubstr("identity"));
  EXPECT_NE(contradiction("0123456789ab", "", "no such = text", ""), "");
}

TEST_F(StoredRun, OfDataThatIsNotHereIsTakenAtItsWord) {
  config.data.source = "text";
  config.data.path = "/nowhere";
  EXPECT_EQ(check("0123456789ab"), "");
}

}  // namespace
}  // namespace sinkmoe::plan
