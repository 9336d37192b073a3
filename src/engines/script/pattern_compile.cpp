#include <cctype>
#include <optional>
#include <utility>

#include "script/pattern.h"

namespace gvm::script {

namespace {

using Kind = PatternItem::Kind;
using Repeat = PatternItem::Repeat;
using Set = std::bitset<256>;

int is_zero(int byte) {
  return byte == 0 ? 1 : 0;
}

// Lua's letters: %a, and %A for what is not in it; %z is an old one Lua still knows. Empty when the
// byte is no class letter.
std::optional<Set> class_of(unsigned char letter) {
  int (*test)(int) = nullptr;
  switch (std::tolower(letter)) {
    case 'a':
      test = std::isalpha;
      break;
    case 'c':
      test = std::iscntrl;
      break;
    case 'd':
      test = std::isdigit;
      break;
    case 'g':
      test = std::isgraph;
      break;
    case 'l':
      test = std::islower;
      break;
    case 'p':
      test = std::ispunct;
      break;
    case 's':
      test = std::isspace;
      break;
    case 'u':
      test = std::isupper;
      break;
    case 'w':
      test = std::isalnum;
      break;
    case 'x':
      test = std::isxdigit;
      break;
    case 'z':
      test = is_zero;
      break;
    default:
      return std::nullopt;
  }
  Set set;
  for (int byte = 0; byte < 256; ++byte) set[byte] = test(byte) != 0;
  return std::isupper(letter) != 0 ? ~set : set;
}

class Compiler {
 public:
  Compiler(std::string_view text, Anchor anchor) : text_(text) {
    if (anchor == Anchor::honoured && text_.starts_with('^')) {
      out_.anchored = true;
      at_ = 1;
    }
  }

  std::expected<Pattern, std::string> run();

 private:
  bool more() const { return at_ < text_.size(); }
  unsigned char peek() const { return static_cast<unsigned char>(text_[at_]); }
  unsigned char take() { return static_cast<unsigned char>(text_[at_++]); }
  void complain(std::string what) {
    if (problem_.empty()) problem_ = std::move(what);
    at_ = text_.size();
  }

  void item();
  void open();
  void close();
  void escape();
  void balanced();
  void frontier();
  void reference(unsigned char digit);
  void single(PatternItem item);
  Set bracket();
  void bracket_member(Set& set, std::size_t end);
  void add(Kind kind, std::size_t index);

  std::string_view text_;
  std::size_t at_ = 0;
  std::string problem_;
  std::size_t repeats_ = 0;
  std::vector<std::size_t> unclosed_;
  std::vector<bool> closed_;
  Pattern out_;
};

void Compiler::add(Kind kind, std::size_t index) {
  PatternItem item;
  item.kind = kind;
  item.index = static_cast<std::uint8_t>(index);
  out_.items.push_back(item);
}

void Compiler::open() {
  if (out_.captures >= kMaxCaptures) return complain("too many captures");
  const std::size_t index = out_.captures++;
  if (more() && peek() == ')') {
    take();
    closed_.push_back(false);  // Lua refuses a reference to a position
    return add(Kind::position, index);
  }
  closed_.push_back(false);
  unclosed_.push_back(index);
  add(Kind::open, index);
}

void Compiler::close() {
  if (unclosed_.empty()) return complain("invalid pattern capture");
  closed_[unclosed_.back()] = true;
  add(Kind::close, unclosed_.back());
  unclosed_.pop_back();
}

void Compiler::balanced() {
  if (text_.size() - at_ < 2) {
    return complain("malformed pattern (missing arguments to '%b')");
  }
  PatternItem item;
  item.kind = Kind::balanced;
  item.byte = take();
  item.other = take();
  out_.items.push_back(item);
}

void Compiler::frontier() {
  if (!more() || peek() != '[') return complain("missing '[' after '%f' in pattern");
  take();
  PatternItem item;
  item.kind = Kind::frontier;
  item.set = bracket();
  out_.items.push_back(item);
}

void Compiler::reference(unsigned char digit) {
  const std::size_t index = static_cast<std::size_t>(digit - '1');
  if (digit == '0' || index >= out_.captures || !closed_[index]) {
    return complain(std::string("invalid capture index %") + static_cast<char>(digit));
  }
  add(Kind::reference, index);
}

void Compiler::escape() {
  if (!more()) return complain("malformed pattern (ends with '%')");
  const unsigned char letter = take();
  if (letter == 'b') return balanced();
  if (letter == 'f') return frontier();
  if (std::isdigit(letter) != 0) return reference(letter);
  PatternItem item;
  if (const auto set = class_of(letter)) {
    item.kind = Kind::set;
    item.set = *set;
  } else {
    item.byte = letter;
  }
  single(item);
}

void Compiler::bracket_member(Set& set, std::size_t end) {
  const unsigned char first = take();
  if (first == '%' && at_ < end) {
    const unsigned char letter = take();
    if (const auto named = class_of(letter))
      set |= *named;
    else
      set.set(letter);
    return;
  }
  if (at_ + 1 < end && peek() == '-') {
    take();
    const unsigned char last = take();
    for (unsigned byte = first; byte <= last; ++byte) set.set(byte);
    return;
  }
  set.set(first);
}

// After '['. The first byte is a member even when it is ']'.
Set Compiler::bracket() {
  const bool negated = more() && peek() == '^';
  if (negated) take();
  std::size_t end = at_;
  do {
    if (end >= text_.size()) return complain("malformed pattern (missing ']')"), Set();
    if (text_[end++] == '%') ++end;
    if (end >= text_.size()) return complain("malformed pattern (missing ']')"), Set();
  } while (text_[end] != ']');
  Set set;
  while (at_ < end) bracket_member(set, end);
  at_ = end + 1;
  return negated ? ~set : set;
}

void Compiler::single(PatternItem item) {
  if (more()) {
    switch (peek()) {
      case '*':
        item.repeat = Repeat::greedy;
        break;
      case '+':
        item.repeat = Repeat::greedy_one;
        break;
      case '-':
        item.repeat = Repeat::lazy;
        break;
      case '?':
        item.repeat = Repeat::optional;
        break;
      default:
        break;
    }
  }
  if (item.repeat != Repeat::once) {
    take();
    if (++repeats_ > kMaxRepeats) return complain("pattern too complex");
  }
  out_.items.push_back(item);
}

void Compiler::item() {
  const unsigned char byte = take();
  if (byte == '(') return open();
  if (byte == ')') return close();
  if (byte == '$' && !more()) return add(Kind::end, 0);
  if (byte == '%') return escape();
  PatternItem item;
  if (byte == '.') {
    item.kind = Kind::any;
  } else if (byte == '[') {
    item.kind = Kind::set;
    item.set = bracket();
  } else {
    item.byte = byte;
  }
  single(item);
}

std::expected<Pattern, std::string> Compiler::run() {
  out_.items.reserve(text_.size());
  while (more()) item();
  if (problem_.empty() && !unclosed_.empty()) problem_ = "unfinished capture";
  if (!problem_.empty()) return std::unexpected(std::move(problem_));
  return std::move(out_);
}

}  // namespace

std::expected<Pattern, std::string> compile_pattern(std::string_view text, Anchor anchor) {
  Compiler compiler(text, anchor);
  return compiler.run();
}

}  // namespace gvm::script
