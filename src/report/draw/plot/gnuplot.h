// Runs gnuplot on a generated script: no shell, no user settings, no files but
// its own standard streams.
#pragma once

#include <optional>
#include <string>

#include "report/document/document.h"

namespace sinkmoe::report {

enum class Picture { kSvg, kPng };

struct Gnuplot {
  std::string program = "gnuplot";  // looked up in PATH
  int seconds = 60;                 // then it is killed
};

// The picture's bytes; nullopt when there is no such program. Throws std::runtime_error
// with gnuplot's own words when it fails or takes too long. The SVG carries
// `description` as its metadata.
std::optional<std::string> draw(const Gnuplot& gnuplot, const Figure& figure, Picture picture,
                                const std::string& description);

}  // namespace sinkmoe::report
