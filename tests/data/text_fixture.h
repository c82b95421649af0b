// A scratch folder, and generated text that looks like English.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/random.h"
#include "data/corpus/pass.h"

namespace sinkmoe::data {

class ScratchFolder : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              (std::string("data_") + info->test_suite_name() + "_" + info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void put(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name, std::ios::binary) << content;
  }
  std::filesystem::path folder_;
};

// `words` words of a small artificial language, in lines and paragraphs. Depends on `seed`.
inline std::string made_up_text(uint64_t seed, int words) {
  static constexpr const char* syllables[] = {"ka", "lo",  "mi",  "ter", "an",  "so",
                                              "ul", "ben", "rin", "e",   "tha", "qu"};
  Draw draw(seed, "made-up text");
  std::string text;
  for (int i = 0; i < words; ++i) {
    for (uint64_t s = 0, n = 1 + draw.below(3); s < n; ++s) text += syllables[draw.below(12)];
    const uint64_t end = draw.below(20);
    text += end == 0 ? ".\n\n" : end == 1 ? ",\n" : end == 2 ? ", " : " ";
  }
  return text;
}

// The text of (a part of) a file of a corpus.
inline std::string text_of_file(const CorpusFile& file) {
  std::string text;
  for_each_text({&file, 1}, [&](size_t, const TextBlock& block) { text += block.text; });
  return text;
}

// The message of the Error that `action` throws, or "(accepted)".
template <class Action>
std::string refusal_of(Action&& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "(accepted)";
}

}  // namespace sinkmoe::data
