// The choice of a backend: the one made for the device before the one for every device, by type, and
// by force.
#include "tensor/backends.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinkmoe::tensor {
namespace {

struct Toy {
  static constexpr const char* name = "toy";
  struct Kernels {
    int number;
  };
};
const Backend<Toy> plain{kPlain, {1}};
const Backend<Toy> cpu{{"cpu", at::kCPU, {at::kFloat}}, {2}};
const Backend<Toy> cuda{{"cuda", at::kCUDA}, {3}};
const Backend<Toy> emulated{{.name = "cuda on cpu", .device = at::kCPU, .chosen = false}, {4}};

struct Picky {
  static constexpr const char* name = "picky";
  struct Kernels {};
};
const Backend<Picky> picky{{"cpu", at::kCPU, {at::kDouble}}, {}};

TEST(Backends, TheOneMadeForTheDeviceComesFirst) {
  EXPECT_EQ(kernels<Toy>(at::kCPU, at::kFloat).number, 2);
  EXPECT_EQ(kernels<Toy>(at::kCPU, at::kDouble).number, 1);
  EXPECT_EQ(kernels<Toy>(at::kCUDA, at::kBFloat16).number, 3);
  EXPECT_EQ(kernels<Toy>(at::zeros({1})).number, 2);
  EXPECT_EQ(plain_kernels<Toy>().number, 1);
}

TEST(Backends, AForcedOneServesUntilItsScopeEnds) {
  {
    const ForcedBackend<Toy> forced("cuda on cpu");
    EXPECT_EQ(kernels<Toy>(at::kCPU, at::kFloat).number, 4);
  }
  EXPECT_EQ(kernels<Toy>(at::kCPU, at::kFloat).number, 2);
  EXPECT_THROW(ForcedBackend<Toy>("absent"), std::logic_error);
}

TEST(Backends, AMissingOneIsNamedWithWhatThereIs) {
  try {
    kernels<Picky>(at::kCPU, at::kBFloat16);
    FAIL();
  } catch (const std::logic_error& e) {
    EXPECT_STREQ(e.what(), "picky: no backend for BFloat16 on cpu; this program has cpu");
  }
  EXPECT_THROW(plain_kernels<Picky>(), std::logic_error);
  EXPECT_THROW((kernels<Toy>(at::kCPU, at::kLong)), std::logic_error);
}

TEST(Backends, ANameIsTakenOnce) { EXPECT_THROW((Backend<Toy>{kPlain, {5}}), std::logic_error); }

TEST(Backends, AreListedByOperation) {
  std::vector<std::string> list;
  for (const BackendRow& row : backends())
    if (row.operation == "toy")
      list.push_back(row.backend + " / " + row.device + " / " + row.types);
  EXPECT_THAT(list, ::testing::ElementsAre("cpu / cpu / fp32", "cuda / cuda / any",
                                           "cuda on cpu / cpu / any", "plain / any / any"));
}

}  // namespace
}  // namespace sinkmoe::tensor
