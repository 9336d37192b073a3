#include <utility>

#include "base/ascii.h"
#include "html/selector.h"
#include "html/selector_scanner.h"

namespace gvm::html {

namespace {

constexpr std::size_t kLongest = 4096;      // bytes of a selector
constexpr std::size_t kMostParts = 256;     // simple selectors of one list
constexpr std::size_t kMostCompounds = 32;  // the bits of a mask
constexpr int kDeepest = 4;                 // functions inside functions

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

class Parser : private SelectorScanner {
 public:
  explicit Parser(std::string_view css) : SelectorScanner(css) {}
  using SelectorScanner::error;
  using SelectorScanner::ok;

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

  std::size_t parts() const { return parts_; }

 private:
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
      type.name = lowered(name());
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

  Simple attribute() {
    Simple out;
    out.kind = Simple::Kind::attribute;
    ++at_;
    skip_spaces();
    out.name = lowered(name());
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
    const std::string called = ok() ? lowered(name()) : std::string();
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
