// Opens a model folder: reads config.json to an architecture, then checks the tensors of the files
// against those of the architecture.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"
#include "pretrained/checkpoint.h"
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

constexpr uint64_t kMaxConfig = uint64_t{4} << 20;

// Tensors that are not read: they follow from the config, or belong to another part of the model.
bool is_derived(const std::string& name, const Architecture& a) {
  return (a.tied && (name == "lm_head.weight" || name == "language_model.lm_head.weight")) ||
         std::any_of(a.other_parts.begin(), a.other_parts.end(),
                     [&](const std::string& begin) { return name.starts_with(begin); }) ||
         std::any_of(a.derived.begin(), a.derived.end(),
                     [&](const std::string& end) { return name.ends_with(end); });
}

// Calls f(linear) for the linear maps of a layer that peft can adapt.
template <class LayerOf, class F>
void for_each_linear(LayerOf& l, const F& f) {
  for (auto* linear : {&l.query, &l.key, &l.value, &l.head_gate, &l.out, &l.gate, &l.up, &l.down})
    if (linear->weight.exists()) f(linear->weight);
}

// By the names of the modules in peft, which are those of the architecture before find_names().
std::vector<std::string> module_names(const Architecture& a) {
  std::vector<std::string> out;
  for (const Layer& layer : a.layers)
    for_each_linear(layer, [&](const TensorRef& ref) {
      out.push_back(ref.name.substr(0, ref.name.size() - std::string_view(".weight").size()));
    });
  return out;
}

std::map<std::string, AdaptedMap> adapted_maps(const Architecture& a,
                                               const std::vector<std::string>& names) {
  std::map<std::string, AdaptedMap> out;
  size_t i = 0;
  for (const Layer& layer : a.layers)
    for_each_linear(layer, [&](const TensorRef& ref) {
      const int64_t rows = ref.shape.at(0), columns = ref.shape.at(1);
      out[names.at(i++)] = {ref.name, ref.transposed ? columns : rows,
                            ref.transposed ? rows : columns};
    });
  return out;
}

// Gives every reference the name that the files use.
void find_names(Model& model) {
  Architecture& a = model.architecture;
  const std::vector<std::string> names = model.weights.names();
  const bool bare = std::none_of(names.begin(), names.end(), [&](const std::string& name) {
    return name.starts_with(a.prefix);
  });
  for_each_tensor(a, [&](TensorRef& ref) {
    if (bare && ref.name.starts_with(a.prefix)) ref.name.erase(0, a.prefix.size());
    if (!ref.older_name.empty() && !model.weights.contains(ref.name) &&
        model.weights.contains(ref.older_name))
      ref.name = ref.older_name;
  });
}

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

// The problem with one tensor of the files; "" if there is none.
std::string problem_of(const TensorRef& ref, const weights::TensorEntry& entry) {
  if (entry.shape != ref.shape)
    return fmt::format("has the shape {}, the config asks for {}", shape_text(entry.shape),
                       shape_text(ref.shape));
  if (ref.bytes && entry.dtype != "U8") return fmt::format("is {}, expected U8", entry.dtype);
  if (!ref.bytes && entry.dtype != "F32" && entry.dtype != "F16" && entry.dtype != "BF16")
    return fmt::format("is {}; F32, F16 and BF16 can be read", entry.dtype);
  return "";
}

void check_tensors(const Model& model) {
  std::vector<Problem> problems;
  std::set<std::string> used;
  const std::vector<std::string> names = model.weights.names();
  for_each_tensor(model.architecture, [&](const TensorRef& ref) {
    if (!used.insert(ref.name).second) return;
    if (!model.weights.contains(ref.name)) {
      problems.push_back({"no tensor '" + ref.name + "', which the config asks for",
                          model.folder.string(), did_you_mean(ref.name, names)});
    } else if (std::string why = problem_of(ref, model.weights.entry(ref.name)); !why.empty()) {
      problems.push_back({std::move(why), model.weights.where(ref.name), ""});
    }
  });
  for (const std::string& name : names)
    if (!used.contains(name) && !is_derived(name, model.architecture))
      problems.push_back(
          {"the family '" + model.architecture.family + "' with this config has no place for it",
           model.weights.where(name), ""});
  constexpr size_t kMost = 12;
  if (problems.size() > kMost) {
    const size_t more = problems.size() - kMost;
    problems.resize(kMost);
    problems.push_back(
        {fmt::format("{} more problems of this kind", more), model.folder.string(), ""});
  }
  if (!problems.empty()) throw Error(problems);
}

}  // namespace

Architecture read_architecture(const std::string& text, const std::string& where) {
  const nlohmann::json json = parse_json(text, where);
  JsonReader config(json, where);
  const std::string type = config.text("model_type");
  const auto family = Registry<Family>::all().find(type);
  if (family == Registry<Family>::all().end())
    config.refuse("model_type", "is '" + printable(type) + "'",
                  known_names(type, plugin_names(Family::kind)));
  ignore_common(config);
  Architecture a = family->second.read(config);
  a.family = type;
  if (a.norm_eps < 0) throw Error("the epsilon of the norms is below 0", where);
  const bool reads_blocks = !a.layers.empty() && a.layers[0].experts.gate_up.blocks.exists();
  if (config.has("quantization_config") && !reads_blocks)
    config.refuse("quantization_config", "is set: the weights are quantized",
                  "give a folder with F32, F16 or BF16 weights");
  config.finish();
  return a;
}

std::string Model::name() const {
  const std::string own = folder.filename().string();
  return adapters ? own + "+" + adapters->folder().filename().string() : own;
}

Model open_model(const std::filesystem::path& given, const std::filesystem::path& adapters) {
  if (!std::filesystem::is_directory(given))
    throw Error("not a folder", given.string(), "give a Hugging Face folder with config.json");
  if (!adapters.empty() && !std::filesystem::is_directory(adapters))
    throw Error("not a folder", adapters.string(), "give a folder with adapter_config.json");
  if (!adapters.empty() && is_adapter_folder(given))
    throw Error("both folders hold adapters", given.string(), "give the model and one of them");
  const std::filesystem::path folder = base_folder(given), config = folder / "config.json",
                              beside = folder == given ? adapters : given;
  if (!std::filesystem::exists(config)) throw Error("config.json is missing", folder.string());
  Model model{folder, read_architecture(read_file(config, kMaxConfig), config.string()),
              Checkpoint(folder)};
  const std::vector<std::string> modules = module_names(model.architecture);
  find_names(model);
  check_tensors(model);
  if (!beside.empty())
    model.adapters = std::make_shared<Adapters>(beside, adapted_maps(model.architecture, modules));
  return model;
}

}  // namespace sinkmoe::pretrained
