#pragma once
// Text to Ast: the grammar and the well-typedness of RFC 9535. Internal to jsonpath/.
#include <functional>
#include <string>
#include <string_view>

#include "jsonpath/ast.h"
#include "jsonpath/query.h"

namespace gvm::jsonpath {

// Looks at the text byte by byte; the first thing that is wrong is kept, and everything after it
// fails. On failure nothing that was read matters.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool failed() const { return failed_; }
  std::size_t position() const { return at_; }
  const std::string& expected() const { return expected_; }
  // Always false.
  bool fail(std::string_view expected);

  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool looking_at(std::string_view word) const { return text_.substr(at_).starts_with(word); }
  bool take(std::string_view word);
  bool require(std::string_view word);
  void skip_blanks();
  void back_to(std::size_t position) { at_ = position; }

  // `name` after a dot; empty when none begins here.
  std::string member_name();
  std::string string_literal();  // with its quotes
  // No leading zeros, no -0, within what a double holds exactly.
  std::int64_t integer();
  Value number();
  // Lower-case letters, digits and '_'.
  std::string_view function_name();

 private:
  void escape(char quote, std::string& out);
  void unicode_escape(std::string& out);
  std::uint32_t four_digits();

  std::string_view text_;
  std::size_t at_ = 0;
  bool failed_ = false;
  std::string expected_;
};

class Parser {
 public:
  Parser(std::string_view text, const Limits& limits) : in_(text), limits_(limits) {}

  Ast query();  // the whole text
  const Scanner& scanner() const { return in_; }

 private:
  void segments(Ast& ast);
  bool segment(Segment& out);
  void bracketed(Segment& out);
  Selector selector();
  Selector index_or_slice();
  void shorthand(Segment& out);

  Logical logical_or();
  Logical logical_and();
  Logical basic();
  Logical comparison_or_test();
  std::optional<Operand> literal();
  Operand operand();
  Ast sub_query();
  std::shared_ptr<const Call> call();
  void check_comparable(const Operand& operand);
  Logical test_of(Operand operand);

  // Counts what is inside of what.
  class Nested;

  Scanner in_;
  const Limits& limits_;
  std::size_t depth_ = 0;
};

}  // namespace gvm::jsonpath
