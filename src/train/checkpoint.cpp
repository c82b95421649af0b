#include "train/checkpoint.h"

#include <ATen/ATen.h>

#include <charconv>
#include <utility>
#include <vector>

#include "config/compose/canonical.h"
#include "core/text/number.h"
#include "tensor/host_read.h"
#include "weights/safetensors.h"

namespace sinkmoe::train {

namespace {

weights::TensorView view(const std::string& name, const at::Tensor& t) {
  const std::string dtype = t.scalar_type() == at::kBool ? "BOOL" : "F32";
  return {name,
          dtype,
          t.sizes().vec(),
          {static_cast<const std::byte*>(t.const_data_ptr()), static_cast<size_t>(t.nbytes())}};
}

// Reads the elements of `into` from `begin` on of a tensor of `size` elements.
void read(const weights::Safetensors& source, const std::string& name, const at::Tensor& into,
          int64_t begin, int64_t size, const std::filesystem::path& file) {
  const weights::TensorView& v = source.at(name);
  if (v.dtype != "F32" || v.shape != std::vector<int64_t>{size})
    throw Error("tensor '" + name + "' has another size than this configuration's", file.string(),
                "the checkpoint is of another run");
  const at::NoGradGuard no_grad;
  into.copy_(at::from_blob(const_cast<std::byte*>(v.data.data()), {size}, at::kFloat)
                 .narrow(0, begin, into.numel()));
}

}  // namespace

void save_checkpoint(const std::filesystem::path& file, const model::Decoder& model,
                     const Moments& moments, const TrainState& state) {
  tensor::HostRead host;
  const at::Tensor parts[] = {state.model_is_fixed ? at::zeros({0}) : model.params().flat(),
                              moments.m_n, moments.v_n};
  std::vector<at::Tensor> finite;
  for (const at::Tensor& part : parts) finite.push_back(host.add(at::isfinite(part).all()));
  const at::Tensor p = host.add(parts[0]), m = host.add(parts[1]), v = host.add(parts[2]);
  std::vector<std::pair<std::string, at::Tensor>> others;
  for (const auto& [name, tensor] :
       {std::pair("shared", state.shared_LH), {"base", state.base}, {"adapters", state.adapters}})
    if (tensor.defined()) others.emplace_back(name, host.add(tensor));
  host.wait();
  for (const at::Tensor& all : finite)
    if (!all.item<bool>())
      throw NotFinite("weights or moments are not finite at step " + std::to_string(state.step) +
                      ", after the update with its batch " + std::to_string(state.step - 1));
  std::vector<weights::TensorView> tensors = {view("m", m), view("v", v)};
  if (!state.model_is_fixed) tensors.insert(tensors.begin(), view("params", p));
  for (const auto& [name, tensor] : others) tensors.push_back(view(name, tensor));
  weights::write_safetensors(file, tensors,
                             {{"kind", "sinkmoe-checkpoint"},
                              {"step", std::to_string(state.step)},
                              {"high_loss_steps", std::to_string(state.loss_past.high_loss_steps)},
                              {"first_loss", shortest(state.loss_past.first_loss)},
                              {"identity", config::identity_text(model.config())}});
}

TrainState load_checkpoint(const std::filesystem::path& file, model::Decoder& model,
                           Optimizer& optimizer, bool model_is_fixed) {
  const weights::Safetensors source(file);
  auto meta = [&](const std::string& key) {
    const auto it = source.metadata().find(key);
    if (it == source.metadata().end())
      throw Error("no '" + key + "' in the metadata", file.string(), "not a checkpoint of sinkmoe");
    return it->second;
  };
  if (meta("kind") != "sinkmoe-checkpoint")
    throw Error("not a checkpoint of sinkmoe", file.string());
  if (meta("identity") != config::identity_text(model.config()))
    throw Error("the checkpoint belongs to another configuration", file.string(),
                "remove it and run again");
  auto count = [&](const std::string& key) {
    const std::string text = meta(key);
    int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{} ||
        value < 0)
      throw Error("'" + key + "' is not a number", file.string());
    return value;
  };
  TrainState state;
  state.step = count("step");
  if (source.metadata().contains("high_loss_steps"))
    state.loss_past.high_loss_steps = count("high_loss_steps");
  if (source.metadata().contains("first_loss")) {
    const auto loss = parse_number<double>(meta("first_loss"));
    if (!loss) throw Error("'first_loss' is not a number", file.string());
    state.loss_past.first_loss = *loss;
  }
  state.model_is_fixed = model_is_fixed;
  const at::Tensor& flat = model.params().flat();
  if (!model_is_fixed) read(source, "params", flat, 0, flat.numel(), file);
  const int64_t trained = optimizer.params().flat().numel();
  read(source, "m", optimizer.first_moment(), optimizer.begin(), trained, file);
  read(source, "v", optimizer.second_moment(), optimizer.begin(), trained, file);
  auto optional = [&](const std::string& name, at::ScalarType dtype) {
    if (!source.contains(name)) return at::Tensor();
    const weights::TensorView& v = source.at(name);
    if (v.dtype != (dtype == at::kBool ? "BOOL" : "F32"))
      throw Error("tensor '" + name + "' has another type than it should", file.string(),
                  "remove the checkpoint and run again");
    return at::from_blob(const_cast<std::byte*>(v.data.data()), v.shape, dtype).clone();
  };
  state.shared_LH = optional("shared", at::kBool);
  state.base = optional("base", at::kFloat);
  state.adapters = optional("adapters", at::kFloat);
  return state;
}

}  // namespace sinkmoe::train
