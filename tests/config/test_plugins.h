// Plug-ins with options, and settings from texts.
#pragma once

#include "config/compose/compose.h"
#include "core/registry.h"

namespace sinkmoe::config {

enum class Shape { round, square };
constexpr auto names_of(Shape) {
  return names<Shape>("shape", {{Shape::round, "round"}, {Shape::square, "square"}});
}

struct SunkOptions {
  double init = 0;
  static void fields(auto& o, auto&& f) {
    f({.key = "init", .help = "", .lo = -100, .hi = 100, .stored_as = "attention.sink_init"},
      o.init);
  }
};
struct ShapedOptions {
  Shape form = Shape::round;
  int64_t corners = 4;  // younger than the first stored run
  static void fields(auto& o, auto&& f) {
    f({.key = "form", .help = "", .stored_as = "attention.gate_form"}, o.form);
    f({.key = "corners", .help = "", .lo = 3, .hi = 9}, o.corners);
  }
};
struct FewOptions {
  int64_t size = 8;
  static void fields(auto& o, auto&& f) {
    f({.key = "size", .help = "", .lo = 1, .hi = 99, .stored_as = "data.size"}, o.size);
  }
};
struct ManyOptions : FewOptions {
  double power = 1;
  static void fields(auto& o, auto&& f) {
    FewOptions::fields(o, f);
    f({.key = "power", .help = "", .lo = 0, .hi = 9, .stored_as = "data.power"}, o.power);
  }
};

// Known while an object of this type lives: the other tests of this program know no plug-ins.
struct TestPlugins {
  TestPlugins() {
    plugin_table()["variant"] = {{"vanilla", {"vanilla", "", {}}},
                                 {"closed", {"closed", "", {}}},
                                 {"shaped", {"shaped", "", options_of<ShapedOptions>()}},
                                 {"sunk", {"sunk", "", options_of<SunkOptions>()}}};
    plugin_table()["source"] = {{"few", {"few", "", options_of<FewOptions>()}},
                                {"many", {"many", "", options_of<ManyOptions>()}},
                                {"none", {"none", "", {}}}};
  }
  ~TestPlugins() {
    plugin_table().erase("variant");
    plugin_table().erase("source");
  }
};

// `value` is TOML.
inline Setting set(const std::string& key, const std::string& value,
                   const std::string& where = "f:1:2") {
  return {key, parse_toml("value = " + value, "test").members.at(0).value, where, "layer"};
}

}  // namespace sinkmoe::config
