// Runs gnuplot on a generated script: without a shell, without user settings, and with no files
// except its standard streams.
#pragma once

#include <optional>
#include <string>

#include "report/document/document.h"

namespace sinkmoe::report {

enum class Picture { kSvg, kPng };

struct Gnuplot {
  std::string program = "gnuplot";  // looked up in PATH
  int seconds = 60;                 // after this time it is killed
};

// The bytes of the picture; nullopt if the program is not installed. Throws std::runtime_error with
// gnuplot's own message if it fails or takes too long. `description` becomes the metadata of an
// SVG.
std::optional<std::string> draw(const Gnuplot& gnuplot, const Figure& figure, Picture picture,
                                const std::string& description);

}  // namespace sinkmoe::report
