// The tokenizer of a pretrained model (tokenizer.json) for imported text.
#include "core/error.h"
#include "data/hf_tokenizer/hf_tokenizer.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

namespace {

class JsonTokenizer : public Tokenizer {
 public:
  JsonTokenizer(const std::string& json, const std::string& config, const std::string& where)
      : tokenizer_(json, config, where), where_(where) {
    pieces_ = tokenizer_.pieces();
    hash_ = tokenizer_.hash();
    const std::optional<int32_t> start = tokenizer_.bos() ? tokenizer_.bos() : tokenizer_.eos();
    if (!start)
      throw Error("neither a BOS nor an EOS token is named, with which rows could start", where,
                  "put the model's tokenizer_config.json beside tokenizer.json");
    bos_ = *start;
    pieces_[static_cast<size_t>(bos_)].clear();
  }

  // A token may cross the border of two chunks.
  bool in_chunks() const override { return false; }

  void encode_chunk(std::string_view text, std::vector<int32_t>& ids) const override {
    size_t bytes = 0;
    for (const int32_t id : tokenizer_.encode(text).ids) {
      ids.push_back(id);
      bytes += pieces_[static_cast<size_t>(id)].size();
    }
    if (bytes != text.size())
      throw Error("the tokenizer changes the text: its tokens stand for " + std::to_string(bytes) +
                      " bytes of " + std::to_string(text.size()),
                  where_, "losses per byte need a tokenizer that keeps every byte");
  }

 private:
  HfTokenizer tokenizer_;
  std::string where_;
};

}  // namespace

std::unique_ptr<Tokenizer> json_tokenizer(const std::string& json, const std::string& config,
                                          const std::string& where) {
  return std::make_unique<JsonTokenizer>(json, config, where);
}

}  // namespace sinkmoe::data
