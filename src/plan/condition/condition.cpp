#include "plan/condition/condition.h"

#include "config/field_view.h"
#include "core/text/suggest.h"
#include "plan/condition/condition_parser.h"

namespace sinkmoe::plan {

namespace {

bool compare(const std::string& op, const ConditionValue& a, const ConditionValue& b) {
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  return a >= b;
}

ConditionValue evaluate(const Condition::Node& node, const KeyValue& value_of) {
  using Kind = Condition::Node::Kind;
  const auto operand = [&](size_t i) { return evaluate(node.operands[i], value_of); };
  const auto truth = [&](size_t i) { return std::get<bool>(operand(i)); };
  switch (node.kind) {
    case Kind::literal:
      return node.value;
    case Kind::key:
      return value_of(node.name);
    case Kind::logical_not:
      return !truth(0);
    case Kind::logical_and:
      return truth(0) && truth(1);
    case Kind::logical_or:
      return truth(0) || truth(1);
    case Kind::compare:
      return compare(node.name, operand(0), operand(1));
  }
  return false;
}

}  // namespace

Condition::Condition(const std::string& text, const std::string& where, const KeyType& type_of)
    : text_(text), root_(parse_condition(text, where, type_of)) {
  const bool plain = root_.kind == Node::Kind::literal || root_.kind == Node::Kind::key;
  if (plain && !std::holds_alternative<bool>(root_.value))
    throw Error("'" + text + "' is not a condition", where, "compare it: balance.weight != 0");
}

bool Condition::holds(const KeyValue& value_of) const {
  return std::get<bool>(evaluate(root_, value_of));
}

ConditionValue field_condition_value(const config::RunConfig& config, const std::string& key) {
  const config::FieldValue value = config::field_value(config, key);
  if (const auto* whole = std::get_if<int64_t>(&value)) return static_cast<double>(*whole);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth;
  return std::get<std::string>(value);
}

}  // namespace sinkmoe::plan
