#include "weights/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstring>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"

namespace sinkmoe {
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

// A file with this header text and these data bytes.
std::string file_of(std::string_view json, std::string_view data = "") {
  const uint64_t length = json.size();
  std::string text(reinterpret_cast<const char*>(&length), sizeof length);
  return text.append(json).append(data);
}

std::string refusal(std::string content) {
  try {
    Safetensors(std::move(content), "w.safetensors");
  } catch (const Error& e) {
    return e.what();
  }
  return "(accepted)";
}

std::string entry(const std::string& name, const std::string& rest) {
  return "\"" + name + "\":{" + rest + "}";
}
const std::string kF32 = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";

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
  EXPECT_TRUE(
      rc::check([this](const std::vector<std::vector<uint8_t>>& contents, const std::string& note) {
        RC_PRE(std::all_of(note.begin(), note.end(), [](char c) { return c > 0; }));
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

struct Refused {
  const char* name;
  std::string content;
  const char* says;
};

class SafetensorsRefuses : public testing::TestWithParam<Refused> {};

TEST_P(SafetensorsRefuses, WithAMessageThatNamesTheFile) {
  const std::string message = refusal(GetParam().content);
  EXPECT_THAT(message, HasSubstr(GetParam().says));
  EXPECT_THAT(message, HasSubstr("w.safetensors"));
}

std::string one(const std::string& fields) {
  return file_of("{" + entry("a", fields) + "}", "12345678");
}
std::string two(const std::string& second) {
  return file_of("{" + entry("a", R"("dtype":"U8","shape":[4],"data_offsets":[0,4])") + "," +
                     entry("b", second) + "}",
                 "12345678");
}

std::string many_tensors() {
  std::string json = "{";
  for (int i = 0; i <= 100000; ++i)
    json += (i ? "," : "") +
            entry(std::to_string(i), R"("dtype":"U8","shape":[0],"data_offsets":[0,0])");
  return file_of(json + "}");
}

const std::string kMax = "18446744073709551615", kHalf = "9223372036854775807";

INSTANTIATE_TEST_SUITE_P(
    Files, SafetensorsRefuses,
    testing::Values(
        Refused{"Empty", "", "too short"},
        Refused{"Short", std::string("\x01\0\0", 3), "too short"},
        Refused{"HugeHeader", std::string(8, '\xff'), "the limit is 16 MiB"},
        Refused{"HeaderPastTheEnd", std::string("\x09\0\0\0\0\0\0\0{}", 10),
                "the file ends before"},
        Refused{"EmptyHeader", file_of(""), "no JSON object"},
        Refused{"NotJson", file_of("{nonsense"), "byte"},
        Refused{"Array", file_of("[]"), "no JSON object"},
        Refused{"LeadingSpace", file_of(" {}"), "no JSON object"},
        Refused{"TrailingText", file_of("{}x"), "well-formed"},
        Refused{"Cut", file_of("{\"a\":{"), "well-formed"},
        Refused{"BadUtf8", file_of("{\"\xff\":{}}"), "well-formed"},
        Refused{"TooManyTensors", many_tensors(), "100000"},
        Refused{"DuplicateName",
                file_of("{" + entry("a", kF32) + "," + entry("a", kF32) + "}", "12345678"),
                "twice"},
        Refused{"DuplicateKey", one(kF32 + R"(,"dtype":"F32")"), "twice"},
        Refused{"DuplicateMetadata", file_of(R"({"__metadata__":{"k":"1","k":"2"}})"), "twice"},
        Refused{"TwoMetadata", file_of(R"({"__metadata__":{},"__metadata__":{}})"), "twice"},
        Refused{"EmptyName", file_of("{" + entry("", kF32) + "}", "12345678"), "without a name"},
        Refused{"UnknownKey", one(kF32 + R"(,"extra":"x")"), "unknown key 'extra'"},
        Refused{"MissingShape", one(R"("dtype":"F32","data_offsets":[0,8])"), "needs dtype"},
        Refused{"TensorIsNumber", file_of(R"({"a":1})"), "a number is not allowed"},
        Refused{"TensorIsString", file_of(R"({"a":"x"})"), "a string is not allowed"},
        Refused{"TensorIsNull", file_of(R"({"a":null})"), "a null"},
        Refused{"DtypeIsNumber", one(R"("dtype":1,"shape":[2],"data_offsets":[0,8])"),
                "not allowed"},
        Refused{"ShapeIsString", one(R"("dtype":"F32","shape":"2","data_offsets":[0,8])"),
                "not allowed"},
        Refused{"ShapeIsObject", one(R"("dtype":"F32","shape":{},"data_offsets":[0,8])"),
                "an object"},
        Refused{"NestedShape", one(R"("dtype":"F32","shape":[[2]],"data_offsets":[0,8])"),
                "an array"},
        Refused{"NegativeShape", one(R"("dtype":"F32","shape":[-2],"data_offsets":[0,8])"),
                "negative"},
        Refused{"FractionShape", one(R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])"),
                "a fraction"},
        Refused{"BooleanShape", one(R"("dtype":"F32","shape":[true],"data_offsets":[0,8])"),
                "a boolean"},
        Refused{"UnknownDtype", one(R"("dtype":"F31","shape":[2],"data_offsets":[0,8])"),
                "unknown dtype 'F31'"},
        Refused{"ThreeOffsets", one(R"("dtype":"F32","shape":[2],"data_offsets":[0,8,9])"),
                "two numbers"},
        Refused{"MetadataNumber", file_of(R"({"__metadata__":{"k":1}})"), "not allowed"},
        Refused{"SizeMismatch", one(R"("dtype":"F32","shape":[3],"data_offsets":[0,8])"),
                "need 12 bytes"},
        Refused{"OutsideData", one(R"("dtype":"F32","shape":[3],"data_offsets":[0,12])"),
                "outside the 8 bytes"},
        Refused{"BackwardOffsets", one(R"("dtype":"F32","shape":[2],"data_offsets":[8,0])"),
                "outside"},
        Refused{"HoleAtStart", one(R"("dtype":"F32","shape":[1],"data_offsets":[4,8])"),
                "leave a hole"},
        Refused{"Hole", two(R"("dtype":"U8","shape":[3],"data_offsets":[5,8])"),
                "'b': offsets 5..8 leave a hole"},
        Refused{"Overlap", two(R"("dtype":"U8","shape":[5],"data_offsets":[3,8])"), "overlap"},
        Refused{"TrailingBytes", two(R"("dtype":"U8","shape":[2],"data_offsets":[4,6])"),
                "2 bytes after"},
        Refused{
            "ShapeOverflow",
            one(R"("dtype":"F32","shape":[)" + kHalf + "," + kHalf + R"(],"data_offsets":[0,8])"),
            "2^63"},
        Refused{"OffsetOverflow",
                one(R"("dtype":"F32","shape":[2],"data_offsets":[0,)" + kMax + "]"), "too large"},
        Refused{"BigNumber",
                one(R"("dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8])"),
                "too large"}),
    [](const auto& info) { return std::string(info.param.name); });

// Cutting or changing any one byte of a good file is refused or gives a file that still obeys the
// format.
TEST(SafetensorsHostile, EveryCutIsRefused) {
  const std::string good = two(R"("dtype":"U8","shape":[4],"data_offsets":[4,8])");
  ASSERT_EQ(refusal(good), "(accepted)");
  for (size_t n = 0; n < good.size(); ++n) EXPECT_NE(refusal(good.substr(0, n)), "(accepted)") << n;
}

TEST(SafetensorsHostile, DeepNestingIsRefusedAtOnce) {
  EXPECT_NE(refusal(file_of("{\"a\":" + std::string(1000000, '['))), "(accepted)");
  EXPECT_NE(refusal(file_of("{\"a\":" + std::string(1000000, '{'))), "(accepted)");
}

}  // namespace
}  // namespace sinkmoe
