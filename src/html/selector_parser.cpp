#include <charconv>

#include "base/error_codes.h"
#include "base/utf8.h"
#include "html/selector.h"

namespace gvm::html {

namespace {

constexpr std::size_t kLongest = 4096;      // bytes of a selector
constexpr std::size_t kMostParts = 256;     // simple selectors of one list
constexpr std::size_t kMostCompounds = 32;  // the bits of a mask
constexpr int kDeepest = 4;                 // functions inside functions

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_name_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_name(char c) {
  return is_name_start(c) || is_digit(c) || c == '-';
}
int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

void append_code_point(std::string& out, std::uint32_t c) {
  if (c == 0 || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) {
    out += static_cast<char>(c);
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  constexpr unsigned char kLead[] = {0, 0xC0, 0xE0, 0xF0};
  out += static_cast<char>(kLead[more] | (c >> (6 * more)));
  for (int i = more - 1; i >= 0; --i) out += static_cast<char>(0x80 | ((c >> (6 * i)) & 0x3F));
}

struct NamedPseudo {
  std::string_view name;
  Simple::Kind kind;
  std::int64_t step = 0;
  std::int64_t offset = 0;
};
constexpr NamedPseudo kPlain[] = {
    {"root", Simple::Kind::root},
    {"scope", Simple::Kind::scope},
    {"empty", Simple::Kind::empty},
    {"link", Simple::Kind::link},
    {"any-link", Simple::Kind::link},
    {"first-child", Simple::Kind::nth_child, 0, 1},
    {"last-child", Simple::Kind::nth_last_child, 0, 1},
    {"first-of-type", Simple::Kind::nth_of_type, 0, 1},
    {"last-of-type", Simple::Kind::nth_last_of_type, 0, 1},
    {"only-child", Simple::Kind::only_child},
    {"only-of-type", Simple::Kind::only_of_type},
};
constexpr NamedPseudo kFunctions[] = {
    {"nth-child", Simple::Kind::nth_child},
    {"nth-last-child", Simple::Kind::nth_last_child},
    {"nth-of-type", Simple::Kind::nth_of_type},
    {"nth-last-of-type", Simple::Kind::nth_last_of_type},
    {"is", Simple::Kind::is},
    {"where", Simple::Kind::is},
    {"not", Simple::Kind::is_not},
    {"has", Simple::Kind::has},
};

// Thrown nowhere: the first problem is kept, and everything after it fails fast.
class Parser {
 public:
  explicit Parser(std::string_view css) : css_(css) {}

  std::vector<Complex> list() {
    std::vector<Complex> out;
    if (css_.size() > kLongest) wrong("a selector of at most 4096 bytes");
    do {
      skip_spaces();
      out.push_back(complex());
      skip_spaces();
    } while (ok() && take(','));
    if (ok() && at_ < css_.size()) wrong("a comma or the end");
    return out;
  }

  bool ok() const { return expected_.empty(); }
  std::size_t parts() const { return parts_; }
  Error error() const {
    Error error(codes::kBadSelector, Fatality::user,
                "at byte " + std::to_string(problem_at_ + 1) + ": expected " + expected_);
    error.with("position", Value::integer(Integer(problem_at_ + 1)));
    error.with("expected", Value::string(expected_));
    return error;
  }

 private:
  void wrong(std::string expected) {
    if (!ok()) return;
    expected_ = std::move(expected);
    problem_at_ = at_;
  }
  char here(std::size_t ahead = 0) const {
    return at_ + ahead < css_.size() ? css_[at_ + ahead] : '\0';
  }
  bool take(char c) {
    if (here() != c) return false;
    ++at_;
    return true;
  }
  bool skip_spaces() {
    const std::size_t before = at_;
    while (is_space(here())) ++at_;
    return at_ != before;
  }
  void require(char c) {
    if (!take(c)) wrong(std::string("\"") + c + "\"");
  }

  Complex complex() {
    Complex out;
    out.push_back(compound());
    while (ok()) {
      const bool spaced = skip_spaces();
      Combinator combinator = Combinator::descendant;
      if (!explicit_combinator(combinator) && (!spaced || here() == ',' || here() == '\0')) break;
      skip_spaces();
      if (out.size() == kMostCompounds) wrong("at most 32 compound selectors");
      out.push_back(compound());
      out.back().before = combinator;
    }
    return out;
  }

  bool explicit_combinator(Combinator& combinator) {
    if (take('>')) {
      combinator = Combinator::child;
    } else if (take('+')) {
      combinator = Combinator::next;
    } else if (take('~')) {
      combinator = Combinator::later;
    } else {
      return false;
    }
    return true;
  }

  Compound compound() {
    Compound out;
    if (take('*')) {
      add(out, {});
    } else if (starts_name()) {
      Simple type;
      type.kind = Simple::Kind::type;
      type.name = lower(name());
      add(out, std::move(type));
    }
    if (here() == '|') wrong("no namespace");
    while (ok()) {
      if (here() == '#' || here() == '.') {
        add(out, id_or_class());
      } else if (here() == '[') {
        add(out, attribute());
      } else if (here() == ':') {
        add(out, pseudo());
      } else {
        break;
      }
    }
    if (out.parts.empty()) wrong("a selector");
    return out;
  }

  void add(Compound& compound, Simple part) {
    if (++parts_ > kMostParts) wrong("at most 256 simple selectors");
    compound.parts.push_back(std::move(part));
  }

  Simple id_or_class() {
    Simple out;
    out.kind = css_[at_++] == '#' ? Simple::Kind::id : Simple::Kind::class_name;
    out.name = name();
    return out;
  }

  bool starts_name() const {
    if (here() == '-') return is_name_start(here(1)) || here(1) == '-' || here(1) == '\\';
    return is_name_start(here()) || here() == '\\';
  }

  // CSS Syntax 3, 4.3.11: an identifier.
  std::string name() {
    std::string out;
    if (!starts_name()) wrong("a name");
    while (ok()) {
      if (is_name(here())) {
        out += css_[at_++];
      } else if (here() == '\\') {
        escape(out);
      } else {
        break;
      }
    }
    return out;
  }

  void escape(std::string& out) {
    ++at_;
    if (at_ >= css_.size() || here() == '\n') return wrong("an escaped character");
    if (hex_value(here()) < 0) {
      out += css_[at_++];
      return;
    }
    std::uint32_t c = 0;
    for (int i = 0; i < 6 && hex_value(here()) >= 0; ++i) {
      c = c * 16 + static_cast<std::uint32_t>(hex_value(css_[at_++]));
    }
    if (is_space(here())) ++at_;
    append_code_point(out, c);
  }

  std::string quoted() {
    const char quote = css_[at_++];
    std::string out;
    while (ok() && here() != quote) {
      if (at_ >= css_.size() || here() == '\n') {
        wrong("the end of the string");
      } else if (here() == '\\' && here(1) == '\n') {
        at_ += 2;
      } else if (here() == '\\') {
        escape(out);
      } else {
        out += css_[at_++];
      }
    }
    ++at_;
    return out;
  }

  Simple attribute() {
    Simple out;
    out.kind = Simple::Kind::attribute;
    ++at_;
    skip_spaces();
    out.name = lower(name());
    skip_spaces();
    if (take(']')) return out;
    out.test = test();
    skip_spaces();
    const bool is_string = here() == '"' || here() == '\'';
    out.value = is_string ? quoted() : name();
    skip_spaces();
    if (here() == 'i' || here() == 'I' || here() == 's' || here() == 'S') {
      out.fold_case = here() == 'i' || here() == 'I';
      ++at_;
      skip_spaces();
    }
    require(']');
    return out;
  }

  Simple::Test test() {
    Simple::Test out = Simple::Test::equals;
    switch (here()) {
      case '~':
        out = Simple::Test::word;
        break;
      case '|':
        out = Simple::Test::dash;
        break;
      case '^':
        out = Simple::Test::prefix;
        break;
      case '$':
        out = Simple::Test::suffix;
        break;
      case '*':
        out = Simple::Test::contains;
        break;
      case '=':
        ++at_;
        return out;
      default:
        wrong("\"]\" or an operator");
        return out;
    }
    ++at_;
    require('=');
    return out;
  }

  Simple pseudo() {
    const std::size_t begin = at_++;
    if (here() == ':') wrong("no pseudo-element");
    const std::string called = ok() ? lower(name()) : std::string();
    const bool function = take('(');
    Simple out;
    const NamedPseudo* found = nullptr;
    for (const NamedPseudo& row : kPlain) {
      if (!function && row.name == called) found = &row;
    }
    for (const NamedPseudo& row : kFunctions) {
      if (function && row.name == called) found = &row;
    }
    if (found == nullptr) {
      if (ok()) at_ = begin;
      wrong("a known pseudo-class");
      return out;
    }
    out.kind = found->kind;
    out.step = found->step;
    out.offset = found->offset;
    if (function) arguments(out);
    return out;
  }

  void arguments(Simple& out) {
    skip_spaces();
    const bool selects = out.kind == Simple::Kind::is || out.kind == Simple::Kind::is_not ||
                         out.kind == Simple::Kind::has;
    if (!selects) {
      nth(out);
    } else if (++depth_ > kDeepest || (out.kind == Simple::Kind::has && in_has_)) {
      wrong("no function inside this one");
    } else {
      const bool outer_has = std::exchange(in_has_, in_has_ || out.kind == Simple::Kind::has);
      inner_list(out);
      in_has_ = outer_has;
      --depth_;
    }
    skip_spaces();
    require(')');
  }

  void inner_list(Simple& out) {
    do {
      skip_spaces();
      Combinator combinator = Combinator::descendant;
      if (out.kind == Simple::Kind::has && explicit_combinator(combinator)) skip_spaces();
      out.inner.push_back(compound());
      out.inner.back().before = combinator;
      skip_spaces();
    } while (ok() && take(','));
  }

  // CSS Syntax 3, 6: an+b.
  void nth(Simple& out) {
    if (take_word("odd")) return set_nth(out, 2, 1);
    if (take_word("even")) return set_nth(out, 2, 0);
    const bool negative = take('-');
    if (!negative) take('+');
    const bool has_number = is_digit(here());
    std::int64_t number = has_number ? digits() : 1;
    if (negative) number = -number;
    if (here() != 'n' && here() != 'N') {
      if (!has_number) wrong("an+b, odd or even");
      return set_nth(out, 0, number);
    }
    ++at_;
    skip_spaces();
    std::int64_t offset = 0;
    if (here() == '+' || here() == '-') {
      const bool minus = css_[at_++] == '-';
      skip_spaces();
      if (!is_digit(here())) wrong("a number");
      offset = digits() * (minus ? -1 : 1);
    }
    set_nth(out, number, offset);
  }

  static void set_nth(Simple& out, std::int64_t step, std::int64_t offset) {
    out.step = step;
    out.offset = offset;
  }

  bool take_word(std::string_view word) {
    if (lower(std::string(css_.substr(at_, word.size()))) != word) return false;
    at_ += word.size();
    return true;
  }

  std::int64_t digits() {
    constexpr std::int64_t kMost = 1'000'000'000;
    std::int64_t out = 0;
    while (is_digit(here())) out = std::min(kMost, out * 10 + (css_[at_++] - '0'));
    return out;
  }

  std::string_view css_;
  std::size_t at_ = 0;
  std::string expected_;
  std::size_t problem_at_ = 0;
  std::size_t parts_ = 0;
  int depth_ = 0;
  bool in_has_ = false;
};

}  // namespace

Result<Selector> Selector::compile(std::string_view css) {
  Parser parser(css);
  Selector out;
  out.list_ = parser.list();
  out.parts_ = parser.parts();
  if (!parser.ok()) return fail(parser.error());
  return out;
}

}  // namespace gvm::html
