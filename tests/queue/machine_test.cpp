// Which GPUs are handed to workers.
#include "queue/machine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinkmoe {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Machine, GpusAreThoseOfTheVariableOrAll) {
  EXPECT_THAT(gpu_names(nullptr, 3), ElementsAre("0", "1", "2"));
  EXPECT_THAT(gpu_names("2,0", 4), ElementsAre("2", "0"));
  EXPECT_THAT(gpu_names(" GPU-8932f937 , 1", 4), ElementsAre("GPU-8932f937", "1"));
  EXPECT_THAT(gpu_names("1,-1,2", 4), ElementsAre("1"));
  EXPECT_THAT(gpu_names("", 4), IsEmpty());
  EXPECT_THAT(gpu_names("-1", 4), IsEmpty());
  EXPECT_THAT(gpu_names("0", 0), IsEmpty());
  EXPECT_THAT(gpu_names(nullptr, 0), IsEmpty());
}

TEST(Machine, CountsWhatItNames) {
  EXPECT_EQ(gpu_count(), static_cast<int64_t>(gpu_names().size()));
}

}  // namespace
}  // namespace sinkmoe
