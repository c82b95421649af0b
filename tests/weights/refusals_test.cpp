#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "weights/safetensors_text.h"

namespace sinkmoe::weights {
namespace {

using testing::HasSubstr;

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
        Refused{"EmptyHeader", file_of(""), "not a JSON object"},
        Refused{"NotJson", file_of("{nonsense"), "byte"},
        Refused{"Array", file_of("[]"), "not a JSON object"},
        Refused{"LeadingSpace", file_of(" {}"), "not a JSON object"},
        Refused{"TrailingText", file_of("{}x"), "well-formed"},
        Refused{"Cut", file_of("{\"a\":{"), "well-formed"},
        Refused{"BadUtf8", file_of("{\"\xff\":{}}"), "well-formed"},
        Refused{"TooManyTensors", many_tensors(), "100000"},
        Refused{"DuplicateName",
                file_of("{" + entry("a", kF32) + "," + entry("a", kF32) + "}", "12345678"),
                "repeated"},
        Refused{"DuplicateKey", one(kF32 + R"(,"dtype":"F32")"), "repeated"},
        Refused{"DuplicateMetadata", file_of(R"({"__metadata__":{"k":"1","k":"2"}})"), "repeated"},
        Refused{"TwoMetadata", file_of(R"({"__metadata__":{},"__metadata__":{}})"), "repeated"},
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

// A good file that is truncated, or has one byte changed, is refused or still a valid file.
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
}  // namespace sinkmoe::weights
