#include "plan/condition/condition_parser.h"

#include <cmath>
#include <string_view>

#include "config/compose/compose.h"
#include "config/field_view.h"
#include "config/toml/caret.h"
#include "config/toml/toml_values.h"
#include "core/error.h"
#include "core/text/number.h"

namespace sinkmoe::plan {

namespace {

using Node = Condition::Node;

constexpr size_t kLongest = 4096;
constexpr int kDeepest = 64;

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.';
}

class Parser {
 public:
  Parser(const std::string& text, const std::string& where, const KeyType& type_of)
      : text_(text), where_(where), type_of_(type_of) {}

  Node parse() {
    if (text_.size() > kLongest) throw Error("condition longer than 4096 bytes", where_);
    Node node = parse_or();
    skip_spaces();
    if (at_ < text_.size()) refuse(at_, 1, "expected && or || or the end");
    return node;
  }

 private:
  [[noreturn]] void refuse(size_t at, size_t length, const std::string& what,
                           const std::string& fix = "") const {
    Problem problem{what, where_, fix};
    config::add_caret(problem, text_, at, length);
    throw Error(problem);
  }

  void skip_spaces() {
    while (at_ < text_.size() && std::string_view(" \t\n\r").find(text_[at_]) != std::string::npos)
      ++at_;
  }

  bool take(std::string_view token) {
    skip_spaces();
    if (!std::string_view(text_).substr(at_).starts_with(token)) return false;
    at_ += token.size();
    return true;
  }

  Node parse_or() {
    const size_t from = start();
    Node left = parse_and();
    while (take("||")) left = join(Node::Kind::logical_or, std::move(left), parse_and(), from);
    return left;
  }

  Node parse_and() {
    const size_t from = start();
    Node left = parse_not();
    while (take("&&")) left = join(Node::Kind::logical_and, std::move(left), parse_not(), from);
    return left;
  }

  Node parse_not() {
    if (++depth_ > kDeepest) refuse(at_, 1, "condition nested deeper than 64 levels");
    const size_t from = start();
    Node node;
    if (take("(")) {
      node = parse_or();
      if (!take(")")) refuse(from, 1, "this parenthesis is not closed");
    } else if (!std::string_view(text_).substr(at_).starts_with("!=") && take("!")) {
      node.kind = Node::Kind::logical_not;
      node.operands = {parse_not()};
      node.at = from;
      node.length = at_ - from;
      need_truth(node.operands[0]);
    } else {
      node = parse_compare();
    }
    --depth_;
    return node;
  }

  Node parse_compare() {
    const size_t from = start();
    Node left = parse_operand();
    for (const char* op : {"==", "!=", "<=", ">=", "<", ">"}) {
      if (!take(op)) continue;
      Node node = {Node::Kind::compare, false, op, {}, from, 0};
      node.operands.push_back(std::move(left));
      node.operands.push_back(parse_operand());
      node.length = at_ - from;
      check_types(node);
      return node;
    }
    return left;
  }

  Node parse_operand() {
    skip_spaces();
    if (at_ == text_.size()) refuse(at_, 1, "expected a key or a value at the end");
    const char c = text_[at_];
    if (c == '\'' || c == '"') return parse_text(c);
    const size_t from = at_;
    if (c == '-' || c == '+') ++at_;
    while (at_ < text_.size() && (is_word(text_[at_]) || exponent_sign(from))) ++at_;
    if (at_ == from) refuse(from, 1, "expected a key or a value");
    return word(from);
  }

  // The sign in 1e-3 belongs to the number.
  bool exponent_sign(size_t from) const {
    const bool sign = text_[at_] == '-' || text_[at_] == '+';
    const bool number = std::string_view("+-.0123456789").find(text_[from]) != std::string::npos;
    return sign && number && at_ > from && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
  }

  Node parse_text(char quote) {
    const size_t from = at_, close = text_.find(quote, at_ + 1);
    if (close == std::string::npos) refuse(from, text_.size() - from, "these quotes do not close");
    at_ = close + 1;
    return {Node::Kind::literal, text_.substr(from + 1, close - from - 1), "", {}, from,
            at_ - from};
  }

  Node word(size_t from) {
    const std::string token = text_.substr(from, at_ - from);
    Node node = {Node::Kind::literal, false, "", {}, from, token.size()};
    if (token == "true" || token == "false") {
      node.value = token == "true";
    } else if (std::string_view("+-.0123456789").find(token[0]) != std::string::npos) {
      node.value = number(token, from);
    } else {
      node.kind = Node::Kind::key;
      node.name = token;
      try {
        node.value = type_of_(token);
      } catch (const Error& e) {
        refuse(from, token.size(), e.problems()[0].what, e.problems()[0].fix);
      }
    }
    return node;
  }

  double number(const std::string& token, size_t from) const {
    const auto value =
        parse_number<double>(std::string_view(token).substr(token[0] == '+' ? 1 : 0));
    if (!value) refuse(from, token.size(), "'" + token + "' is not a number");
    return *value;
  }

  Node join(Node::Kind kind, Node left, Node right, size_t from) const {
    need_truth(left);
    need_truth(right);
    Node node = {kind, false, "", {}, from, at_ - from};
    node.operands.push_back(std::move(left));
    node.operands.push_back(std::move(right));
    return node;
  }

  void need_truth(const Node& node) const {
    const bool plain = node.kind == Node::Kind::literal || node.kind == Node::Kind::key;
    if (plain && !std::holds_alternative<bool>(node.value))
      refuse(node.at, node.length, "this is not a condition", "compare it: balance.weight != 0");
  }

  void check_types(const Node& node) const {
    const Node &left = node.operands[0], &right = node.operands[1];
    if (left.value.index() != right.value.index())
      refuse(node.at, node.length, "values of different types are compared",
             "texts need quotes: attention.kind == 'sink'");
    const bool order = node.name != "==" && node.name != "!=";
    if (order && !std::holds_alternative<double>(left.value))
      refuse(node.at, node.length, "only numbers have an order", "use == or !=");
    check_choice(left, right);
    check_choice(right, left);
  }

  // A misspelt choice would never match, and the condition would silently do nothing.
  void check_choice(const Node& key, const Node& literal) const {
    if (key.kind != Node::Kind::key || literal.kind != Node::Kind::literal) return;
    const auto* text = std::get_if<std::string>(&literal.value);
    if (!text || config::field_type(key.name) != "string") return;
    config::RunConfig scratch;
    if (const auto problem = config::apply(scratch, {key.name, config::toml_string(*text), "", ""}))
      refuse(literal.at, literal.length, problem->what, problem->fix);
  }

  size_t start() {
    skip_spaces();
    return at_;
  }

  const std::string &text_, &where_;
  const KeyType& type_of_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Condition::Node parse_condition(const std::string& text, const std::string& where,
                                const KeyType& type_of) {
  return Parser(text, where, type_of).parse();
}

}  // namespace sinkmoe::plan
