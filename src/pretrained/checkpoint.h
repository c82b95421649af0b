// A Hugging Face folder: config.json, and model.safetensors or shards with an index, and perhaps
// adapters. Weights stay on disk and are read when needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "pretrained/adapters.h"
#include "pretrained/architecture.h"
#include "weights/safetensors_file.h"

namespace sinkmoe::pretrained {

enum class Dtype { f32, f16, bf16 };

class Checkpoint {
 public:
  // Opens every shard and checks its header. Throws Error: no weights, a missing or truncated
  // shard, an index that does not match the shards.
  explicit Checkpoint(const std::filesystem::path& folder);

  bool contains(const std::string& name) const { return at_.contains(name); }
  std::vector<std::string> names() const;
  const weights::TensorEntry& entry(const std::string& name) const;
  Dtype dtype(const std::string& name) const;
  // Bytes of the tensor from `offset` on. Throws Error.
  void read(const std::string& name, uint64_t offset, std::span<std::byte> into) const;
  // The file that holds the tensor, for messages.
  std::string where(const std::string& name) const;
  uint64_t bytes() const;  // of all tensors

 private:
  struct Place {
    size_t file;
    const weights::TensorEntry* entry;
  };
  void add_file(const std::filesystem::path& path);
  void check_index(const std::map<std::string, std::string>& file_of,
                   const std::filesystem::path& index) const;

  std::filesystem::path folder_;
  std::vector<weights::SafetensorsFile> files_;
  std::map<std::string, Place> at_;
};

// Tensor -> name of the shard, from the text of a model.safetensors.index.json. Throws Error: not
// such a file, or a shard outside the folder.
std::map<std::string, std::string> parse_index(std::string_view text, const std::string& where);

struct Model {
  std::filesystem::path folder;
  Architecture architecture;
  Checkpoint weights;
  std::shared_ptr<const Adapters> adapters = {};  // null: none

  std::string name() const;  // of the folder, and of the adapters' folder
};

// Reads config.json, finds the family, and checks that the files hold each tensor in the right
// shape and in F32, F16 or BF16, and no tensor that the architecture does not use. `adapters` is a
// folder of adapters of this model ("": none); a folder of adapters in the place of the model stands
// for both. Throws Error with every problem.
Model open_model(const std::filesystem::path& folder, const std::filesystem::path& adapters = {});

// The architecture alone, from the text of a config.json; `where` is its path in errors.
Architecture read_architecture(const std::string& text, const std::string& where);

}  // namespace sinkmoe::pretrained
