// A run small enough for a unit test, and a folder that is removed with it.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "config/run_config.h"

namespace sinkmoe::testing {

inline config::RunConfig tiny_config(const std::string& kind = "vanilla") {
  config::RunConfig c;
  c.model.layers = 2;
  c.model.width = 16;
  c.model.heads = 2;
  c.attention.kind = kind;
  c.data.context = 16;
  c.train.steps = 24;
  c.train.batch = 8;
  c.train.warmup = 4;
  c.train.checkpoint_every = 10;
  c.eval.tokens = 256;
  c.eval.final_tokens = 512;
  c.eval.points = 5;
  return c;
}

// A folder of this test's own, removed at the end.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const std::string& name)
      : path(std::filesystem::temp_directory_path() /
             ("sinkmoe-" + name + "-" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path);
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

}  // namespace sinkmoe::testing
