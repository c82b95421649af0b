#include "weights/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "weights/safetensors_text.h"

namespace sinkmoe::weights {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class SafetensorsTest : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  fs::path folder_ =
      fs::path(testing::TempDir()) /
      ("safetensors_" + std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
  fs::path path_ = folder_ / "w.safetensors";
};

template <class T>
std::span<const std::byte> bytes_of(const std::vector<T>& values) {
  return std::as_bytes(std::span(values));
}

TEST_F(SafetensorsTest, BytesOnDiskAreThoseOfTheFormat) {
  const std::vector<float> a = {1, -2};
  write_safetensors(path_, {{"a", "F32", {2}, bytes_of(a)}}, {{"k", "v"}});
  const std::string json =
      R"({"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  std::string padded = json;
  while (padded.size() % 8 != 0) padded += ' ';
  EXPECT_EQ(read_file(path_, 1000),
            file_of(padded, std::string_view("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8)));
}

TEST_F(SafetensorsTest, ReadsBackWhatWasWrittenInOrder) {
  const std::vector<double> a = {1.5, 2.5, 3.5, 4.5, 5.5, 6.5};
  const std::vector<int64_t> b = {-7};
  const std::vector<uint8_t> c = {1, 0, 1};
  const std::string hash = write_safetensors(path_,
                                             {{"z", "F64", {2, 3}, bytes_of(a)},
                                              {"scalar", "I64", {}, bytes_of(b)},
                                              {"none", "F32", {0, 4}, {}},
                                              {"a", "BOOL", {3}, bytes_of(c)}},
                                             {{"epoch", "1"}, {"größe", "\"\\\n"}});
  EXPECT_EQ(hash, sha256_file(path_));
  const Safetensors file(path_);
  EXPECT_EQ(file.metadata(),
            (std::map<std::string, std::string>{{"epoch", "1"}, {"größe", "\"\\\n"}}));
  ASSERT_EQ(file.tensors().size(), 4u);
  EXPECT_EQ(file.tensors()[0].name, "z");
  EXPECT_EQ(file.at("z").shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(0, std::memcmp(file.at("z").data.data(), a.data(), 48));
  EXPECT_EQ(file.at("scalar").shape, std::vector<int64_t>{});
  EXPECT_EQ(file.at("none").data.size(), 0u);
  EXPECT_EQ(file.at("a").dtype, "BOOL");
  EXPECT_TRUE(file.contains("a"));
  EXPECT_FALSE(file.contains("b"));
}

TEST_F(SafetensorsTest, ViewsSurviveAMove) {
  const std::vector<uint8_t> a = {42};
  write_safetensors(path_, {{"a", "U8", {1}, bytes_of(a)}}, {});
  Safetensors first(path_);
  const Safetensors second = std::move(first);
  EXPECT_EQ(second.at("a").data[0], std::byte{42});
}

TEST_F(SafetensorsTest, RoundTripsAnyTensors) {
  EXPECT_TRUE(rc::check([this](const std::vector<std::vector<uint8_t>>& contents,
                               const std::vector<uint8_t>& characters) {
    std::string note;
    for (uint8_t c : characters) note += static_cast<char>(c & 0x7f);
    std::vector<TensorView> tensors;
    for (const auto& content : contents)
      tensors.push_back({"t" + std::to_string(tensors.size()),
                         "U8",
                         {static_cast<int64_t>(content.size())},
                         bytes_of(content)});
    write_safetensors(path_, tensors, {{"note", note}});
    const Safetensors file(path_);
    RC_ASSERT(file.metadata().at("note") == note);
    for (size_t i = 0; i < contents.size(); ++i) {
      const auto data = file.at("t" + std::to_string(i)).data;
      RC_ASSERT(std::equal(data.begin(), data.end(), bytes_of(contents[i]).begin(),
                           bytes_of(contents[i]).end()));
    }
  }));
}

TEST_F(SafetensorsTest, HeadersArePaddedToEightBytes) {
  for (int n = 1; n < 12; ++n) {
    const std::vector<uint8_t> a = {1};
    write_safetensors(path_, {{std::string(static_cast<size_t>(n), 'n'), "U8", {1}, bytes_of(a)}},
                      {});
    uint64_t length = 0;
    std::memcpy(&length, read_file(path_, 1000).data(), 8);
    EXPECT_EQ(length % 8, 0u);
  }
}

TEST_F(SafetensorsTest, WriterRefusesWhatCouldNotBeRead) {
  const std::vector<float> a = {1, 2};
  const TensorView good{"a", "F32", {2}, bytes_of(a)};
  auto with = [&](auto change) {
    TensorView t = good;
    change(t);
    return std::vector<TensorView>{t};
  };
  EXPECT_THROW(write_safetensors(path_, with([](auto& t) { t.shape = {3}; }), {}), Error);
  EXPECT_THROW(write_safetensors(path_, with([](auto& t) { t.shape = {-2}; }), {}), Error);
  EXPECT_THROW(write_safetensors(path_, with([](auto& t) { t.dtype = "C64"; }), {}), Error);
  EXPECT_THROW(write_safetensors(path_, with([](auto& t) { t.name = "__metadata__"; }), {}), Error);
  EXPECT_THROW(write_safetensors(path_, with([](auto& t) { t.name = ""; }), {}), Error);
  EXPECT_THROW(write_safetensors(path_, with([](auto& t) { t.name = "\xff"; }), {}), Error);
  EXPECT_THROW(write_safetensors(path_, {good, good}, {}), Error);
  EXPECT_THROW(write_safetensors(path_, {good}, {{"k", "\xff"}}), Error);
  EXPECT_TRUE(fs::is_empty(folder_)) << "nothing is written on an error";
}

TEST_F(SafetensorsTest, AFailedWriteLeavesTheOldFile) {
  const std::vector<float> a = {1, 2};
  write_safetensors(path_, {{"a", "F32", {2}, bytes_of(a)}}, {});
  const std::string before = read_file(path_, 1000);
  EXPECT_THROW(write_safetensors(path_, {{"a", "F32", {1}, bytes_of(a)}}, {}), Error);
  EXPECT_EQ(read_file(path_, 1000), before);
  EXPECT_THROW(write_safetensors(folder_ / "absent" / "w", {{"a", "F32", {2}, bytes_of(a)}}, {}),
               Error);
}

TEST_F(SafetensorsTest, ErrorsNameTheFile) {
  EXPECT_THAT(refusal("abc"), HasSubstr("w.safetensors: byte 0"));
  try {
    Safetensors missing(folder_ / "no.safetensors");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no.safetensors"));
  }
}

TEST(SafetensorsAccepts, PaddingAndAnEmptyFileOfTensors) {
  EXPECT_EQ(refusal(file_of("{}      ")), "(accepted)");
  EXPECT_EQ(refusal(file_of("{" + entry("a", kF32) + "}  ", "12345678")), "(accepted)");
}

TEST(SafetensorsAccepts, TensorsInAnyOrderOfNames) {
  const Safetensors file(
      file_of("{" + entry("b", R"("dtype":"U8","shape":[1],"data_offsets":[1,2])") + "," +
                  entry("a", R"("shape":[1],"data_offsets":[0,1],"dtype":"U8")") + "}",
              "xy"),
      "w");
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.at("b").data[0], std::byte{'y'});
}

TEST(SafetensorsAt, OffersTheNearestName) {
  const Safetensors file(file_of("{" + entry("model.norm", kF32) + "}", "12345678"),
                         "w.safetensors");
  try {
    file.at("model.nrm");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'model.norm'"));
  }
}

}  // namespace
}  // namespace sinkmoe::weights
