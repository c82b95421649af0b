// A project of its own for one test: configs/, experiments/, and data that is known
// by a made-up hash.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "config/problems.h"
#include "core/file.h"
#include "plan/plan.h"
#include "support/tiny.h"

namespace sinkmoe::plan {

class PlanTest : public ::testing::Test {
 protected:
  PlanTest() : folder_("plan") {
    write("configs/base.toml", "groups = [\"model=tiny\"]\n");
    write("configs/model/tiny.toml", "model.layers = 1\n");
    write("configs/model/wide.toml", "model.width = 128\n");
  }

  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_.path / name).parent_path());
    write_file_atomic(folder_.path / name, text);
  }

  // Plans `toml` as experiments/x.toml.
  Plan plan(const std::string& toml, const std::vector<std::string>& overrides = {}) {
    write("experiments/x.toml", toml);
    return make_plan(request(overrides), data_contents());
  }

  std::string refused(const std::string& toml, const std::vector<std::string>& overrides = {}) {
    return complaint([&] { plan(toml, overrides); });
  }

  PlanRequest request(const std::vector<std::string>& overrides) const {
    return {"x", overrides, folder_.path / "configs", folder_.path / "experiments"};
  }

  // Equal content has equal hashes, wherever it lies.
  static DataContents data_contents() {
    return [](const config::RunConfig& config) {
      const config::DataConfig& data = config.data;
      if (data.path == "absent") throw Error("no such folder", "absent");
      return "source hash of " + data.source + "\n";
    };
  }

 private:
  testing::Folder folder_;
};

inline std::vector<std::string> labels(const Plan& plan) {
  std::vector<std::string> result;
  for (const RunSpec& run : plan.runs) result.push_back(run.label);
  return result;
}

}  // namespace sinkmoe::plan
