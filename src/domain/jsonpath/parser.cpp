#include "jsonpath/parser.h"

#include <array>
#include <utility>

namespace gvm::jsonpath {

class Parser::Nested {
 public:
  explicit Nested(Parser& parser) : parser_(parser) {
    if (++parser_.depth_ > parser_.limits_.nesting) parser_.in_.fail("less nesting");
  }
  ~Nested() { --parser_.depth_; }
  Nested(const Nested&) = delete;
  Nested& operator=(const Nested&) = delete;

 private:
  Parser& parser_;
};

Ast Parser::query() {
  Ast ast;
  in_.require("$");
  segments(ast);
  if (!in_.at_end()) in_.fail("a segment or the end");
  return ast;
}

void Parser::segments(Ast& ast) {
  while (!in_.failed()) {
    const std::size_t before = in_.position();
    in_.skip_blanks();
    Segment next;
    if (!segment(next)) {
      if (!in_.failed()) in_.back_to(before);  // blanks after the last segment are not the query's
      return;
    }
    ast.segments.push_back(std::move(next));
  }
}

bool Parser::segment(Segment& out) {
  if (in_.take("..")) {
    out.descendant = true;
    if (in_.take("["))
      bracketed(out);
    else
      shorthand(out);
  } else if (in_.take(".")) {
    shorthand(out);
  } else if (in_.take("[")) {
    bracketed(out);
  } else {
    return false;
  }
  return !in_.failed();
}

void Parser::shorthand(Segment& out) {
  Selector selector;
  if (!in_.take("*")) {
    selector.kind = Selector::Kind::name;
    selector.name = in_.member_name();
    if (selector.name.empty()) in_.fail("a member name or `*`");
  }
  out.selectors.push_back(std::move(selector));
}

void Parser::bracketed(Segment& out) {
  const Nested nested(*this);
  do {
    in_.skip_blanks();
    out.selectors.push_back(selector());
    in_.skip_blanks();
  } while (in_.take(","));
  in_.require("]");
}

Selector Parser::selector() {
  Selector out;
  if (in_.failed()) return out;
  if (in_.take("*")) return out;
  if (in_.peek() == '"' || in_.peek() == '\'') {
    out.kind = Selector::Kind::name;
    out.name = in_.string_literal();
    return out;
  }
  if (in_.take("?")) {
    in_.skip_blanks();
    out.kind = Selector::Kind::filter;
    out.filter = std::make_shared<const Logical>(logical_or());
    return out;
  }
  return index_or_slice();
}

Selector Parser::index_or_slice() {
  Selector out;
  const auto begins_integer = [this] {
    return in_.peek() == '-' || (in_.peek() >= '0' && in_.peek() <= '9');
  };
  if (begins_integer()) out.start = in_.integer();
  const std::size_t before = in_.position();
  in_.skip_blanks();
  if (!in_.take(":")) {
    in_.back_to(before);
    if (!out.start) in_.fail("a selector");
    out.kind = Selector::Kind::index;
    out.index = out.start.value_or(0);
    return out;
  }
  out.kind = Selector::Kind::slice;
  in_.skip_blanks();
  if (begins_integer()) out.end = in_.integer();
  in_.skip_blanks();
  if (!in_.take(":")) return out;
  in_.skip_blanks();
  if (begins_integer()) out.step = in_.integer();
  return out;
}

// --- Filters

Logical Parser::logical_or() {
  const Nested nested(*this);
  Logical out{.kind = Logical::Kind::any, .parts = {}, .operands = {}};
  do {
    in_.skip_blanks();
    if (in_.failed()) return out;
    out.parts.push_back(logical_and());
    in_.skip_blanks();
  } while (in_.take("||"));
  return out;
}

Logical Parser::logical_and() {
  Logical out{.kind = Logical::Kind::all, .parts = {}, .operands = {}};
  do {
    in_.skip_blanks();
    if (in_.failed()) return out;
    out.parts.push_back(basic());
    in_.skip_blanks();
  } while (in_.take("&&"));
  return out;
}

Logical Parser::basic() {
  if (in_.peek() == '!' && in_.peek(1) != '=') {
    in_.take("!");
    in_.skip_blanks();
    Logical out{.kind = Logical::Kind::negated, .parts = {}, .operands = {}};
    if (in_.take("(")) {
      out.parts.push_back(logical_or());
      in_.require(")");
    } else {
      out.parts.push_back(test_of(operand()));
    }
    return out;
  }
  if (in_.take("(")) {
    Logical inner = logical_or();
    in_.require(")");
    return inner;
  }
  return comparison_or_test();
}

Logical Parser::comparison_or_test() {
  using C = Logical::Compare;
  static constexpr std::array<std::pair<std::string_view, C>, 6> kOperators = {{{"==", C::equal},
                                                                                {"!=", C::unequal},
                                                                                {"<=", C::at_most},
                                                                                {">=", C::at_least},
                                                                                {"<", C::less},
                                                                                {">", C::greater}}};
  Operand left = operand();
  const std::size_t before = in_.position();
  in_.skip_blanks();
  for (const auto& [word, compare] : kOperators) {
    if (!in_.take(word)) continue;
    in_.skip_blanks();
    Logical out{.kind = Logical::Kind::compare, .compare = compare, .parts = {}, .operands = {}};
    check_comparable(left);
    out.operands.push_back(std::move(left));
    out.operands.push_back(operand());
    check_comparable(out.operands.back());
    return out;
  }
  in_.back_to(before);
  return test_of(std::move(left));
}

bool answers_value(Function function) {
  return function != Function::match && function != Function::search;
}

void Parser::check_comparable(const Operand& operand) {
  if (const auto* query = std::get_if<Ast>(&operand); query != nullptr && !query->singular())
    in_.fail("a query for one value: names and indices only");
  const auto* call = std::get_if<std::shared_ptr<const Call>>(&operand);
  if (call != nullptr && *call != nullptr && !answers_value((*call)->function))
    in_.fail("a function whose result can be compared");
}

Logical Parser::test_of(Operand operand) {
  Logical out{.kind = Logical::Kind::exists, .parts = {}, .operands = {}};
  if (std::holds_alternative<Value>(operand)) in_.fail("a comparison: a literal is no test");
  if (const auto* call = std::get_if<std::shared_ptr<const Call>>(&operand)) {
    out.kind = Logical::Kind::call;
    if (*call != nullptr && answers_value((*call)->function))
      in_.fail("a comparison: the function's result is no test");
  }
  out.operands.push_back(std::move(operand));
  return out;
}

std::optional<Operand> Parser::literal() {
  const char c = in_.peek();
  if (c == '"' || c == '\'') return Value::string(in_.string_literal());
  if (c == '-' || (c >= '0' && c <= '9')) return in_.number();
  const auto word = [this](std::string_view text) {
    const std::size_t before = in_.position();
    if (!in_.take(text)) return false;
    const bool whole = in_.member_name().empty() && in_.peek() != '(';
    in_.back_to(whole ? before + text.size() : before);
    return whole;
  };
  if (word("true")) return Value::boolean(true);
  if (word("false")) return Value::boolean(false);
  if (word("null")) return Value::null();
  return std::nullopt;
}

Operand Parser::operand() {
  if (in_.failed()) return Value();
  if (in_.peek() == '$' || in_.peek() == '@') return sub_query();
  if (auto value = literal()) return std::move(*value);
  return call();
}

Ast Parser::sub_query() {
  Ast ast;
  ast.absolute = in_.take("$");
  if (!ast.absolute) in_.require("@");
  segments(ast);
  return ast;
}

std::shared_ptr<const Call> Parser::call() {
  struct Signature {
    std::string_view name;
    Function function;
    std::size_t arguments;
    bool nodes;  // takes a list of nodes, else values
  };
  static constexpr std::array<Signature, 5> kFunctions = {{{"length", Function::length, 1, false},
                                                           {"count", Function::count, 1, true},
                                                           {"value", Function::value, 1, true},
                                                           {"match", Function::match, 2, false},
                                                           {"search", Function::search, 2, false}}};
  const Nested nested(*this);
  auto out = std::make_shared<Call>();
  const std::string_view name = in_.function_name();
  const Signature* known = nullptr;
  for (const auto& signature : kFunctions)
    if (signature.name == name) known = &signature;
  if (known == nullptr || !in_.take("(")) {
    in_.fail(name.empty() ? "a query, a literal or a function" : "a function of RFC 9535");
    return out;
  }
  out->function = known->function;
  for (std::size_t i = 0; i < known->arguments && !in_.failed(); ++i) {
    in_.skip_blanks();
    if (i > 0) in_.require(",");
    in_.skip_blanks();
    out->arguments.push_back(operand());
    in_.skip_blanks();
    const bool is_query = std::holds_alternative<Ast>(out->arguments.back());
    if (known->nodes && !is_query) in_.fail("a query as the argument");
    if (!known->nodes) check_comparable(out->arguments.back());
  }
  in_.require(")");
  return out;
}

}  // namespace gvm::jsonpath
