// Gemma 3 with a vision part (4B and larger): only the text part is read. Its settings are those of
// gemma3_text, one level deeper.
#include "core/error.h"
#include "pretrained/config/family.h"

namespace sinkmoe::pretrained {

namespace {

// What the published configs leave out (values of the 4B model).
const nlohmann::json kUsual = {{"num_attention_heads", 8}, {"num_key_value_heads", 4},
                               {"head_dim", 256},          {"vocab_size", 262208},
                               {"hidden_size", 2304},      {"intermediate_size", 9216},
                               {"num_hidden_layers", 26},  {"max_position_embeddings", 131072}};

// The published files name the text part language_model.model, those of transformers 5
// model.language_model.
void nest(TensorRef& ref) {
  if (!ref.exists()) return;
  constexpr std::string_view kModel = "model.";
  ref.older_name = "language_model." + ref.name;
  if (ref.name.starts_with(kModel)) ref.name.insert(kModel.size(), "language_model.");
}

Architecture read(JsonReader& config) {
  config.ignore({"vision_config", "image_token_index", "image_token_id", "boi_token_index",
                 "eoi_token_index", "mm_tokens_per_image"});
  nlohmann::json text = *config.value("text_config", true);
  if (!text.is_object()) config.refuse("text_config", "is not an object");
  for (const auto& [key, value] : kUsual.items())
    if (!text.contains(key)) text[key] = value;
  if (!text.contains("tie_word_embeddings"))
    text["tie_word_embeddings"] = config.boolean("tie_word_embeddings", true);
  config.ignore({"tie_word_embeddings"});
  JsonReader inner(text, config.where() + ": text_config");
  ignore_common(inner);
  Architecture a = Registry<Family>::get("gemma3_text").read(inner);
  inner.finish();
  if (a.bos < 0) a.bos = config.integer("bos_token_id", 2, 0);
  for_each_tensor(a, [](TensorRef& ref) { nest(ref); });
  if (a.tied) a.unembedding.weight = a.embedding;
  a.prefix = "";
  a.other_parts = {"vision_tower.", "multi_modal_projector.", "model.vision_tower.",
                   "model.multi_modal_projector."};
  return a;
}

const Registration<Family> registration{
    {.name = "gemma3", .help = "Gemma 3 with a vision part, which is skipped", .read = read}};

}  // namespace

}  // namespace sinkmoe::pretrained
