// The condition language of skip_if: which points of a sweep are left out.
//
//   attention.kind == 'vanilla' && balance.weight != 0
//
//   or      := and { "||" and }
//   and     := not { "&&" not }
//   not     := "!" not | "(" or ")" | compare
//   compare := operand [ op operand ]
//   op      := "==" | "!=" | "<" | "<=" | ">" | ">="
//   operand := key | number | 'text' | true | false
#pragma once

#include <functional>
#include <string>
#include <variant>
#include <vector>

#include "config/run_config.h"

namespace sinkmoe::plan {

using ConditionValue = std::variant<bool, double, std::string>;

// The type of a key as an example value. Throws Error for a key that does not exist.
using KeyType = std::function<ConditionValue(const std::string& key)>;
using KeyValue = std::function<ConditionValue(const std::string& key)>;

class Condition {
 public:
  // Throws Error (with a caret) for bad syntax, unknown keys, types that cannot be compared, texts
  // that are not a choice of their key, and more than 64 levels or 4,096 bytes.
  Condition(const std::string& text, const std::string& where, const KeyType& type_of);

  bool holds(const KeyValue& value_of) const;
  const std::string& text() const { return text_; }

  struct Node {
    enum class Kind { literal, key, logical_not, logical_and, logical_or, compare };
    Kind kind = Kind::literal;
    ConditionValue value;  // of a literal; of a key: an example of its type
    std::string name;      // the key, or the comparison
    std::vector<Node> operands;
    size_t at = 0, length = 0;  // bytes in the text
  };

 private:
  std::string text_;
  Node root_;
};

// Fields and options as condition values. Throws Error for an unknown key (near names).
ConditionValue field_condition_value(const config::RunConfig& config, const std::string& key);

}  // namespace sinkmoe::plan
