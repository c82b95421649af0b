// The test program is also the program that the supervisor starts again as a worker.
#include <gtest/gtest.h>

#include <iostream>

#include "sweep_fixture.h"

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (!args.empty() && (args[0] == "worker" || args[0] == "sweep" || args[0] == "task")) {
    try {
      return sinkmoe::queue::run_mode(args);
    } catch (const std::exception& e) {
      std::cerr << e.what() << "\n";
      return 2;
    }
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
