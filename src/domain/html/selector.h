#pragma once
// CSS selectors, level 3 with :is(), :not(), :where() and :has() of level 4. Compiled once,
// immutable; a selection passes the document once for every complex selector in the list, whatever
// its form: prefixes of the selector are matched from the left, as a set of bits for each open
// element.
//
//   type * #id .class [a] [a=v] [a~=v] [a|=v] [a^=v] [a$=v] [a*=v], each with the flag i or s
//   descendant, > child, + next sibling, ~ later sibling; lists with commas
//   :root :scope :empty :link :any-link :first-child :last-child :only-child :first-of-type
//   :last-of-type :only-of-type :nth-child(an+b) :nth-last-child() :nth-of-type()
//   :nth-last-of-type() :is() :where() :not() with lists of compound selectors; :has() with lists
//   of compound selectors, each behind an optional >, + or ~
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "html/document.h"

namespace gvm::html {

struct Compound;

struct Simple {
  enum class Kind : std::uint8_t {
    any,
    type,
    id,
    class_name,
    attribute,
    root,
    scope,
    empty,
    link,
    nth_child,
    nth_last_child,
    nth_of_type,
    nth_last_of_type,
    only_child,
    only_of_type,
    is,
    is_not,
    has
  };
  enum class Test : std::uint8_t { exists, equals, word, dash, prefix, suffix, contains };

  Kind kind = Kind::any;
  Test test = Test::exists;
  bool fold_case = false;
  std::string name;   // of a type, attribute, class or id
  std::string value;  // of an attribute
  std::int64_t step = 0;
  std::int64_t offset = 0;  // an+b
  std::vector<Compound> inner;
};

enum class Combinator : std::uint8_t { descendant, child, next, later };

struct Compound {
  Combinator before = Combinator::descendant;  // how it hangs on what is left of it
  std::vector<Simple> parts;
};

// At most 32 compounds.
using Complex = std::vector<Compound>;

class Selector {
 public:
  // Error: BAD_SELECTOR with ctx {position= byte from 1, expected=}; not fatal.
  static Result<Selector> compile(std::string_view css);

  const std::vector<Complex>& list() const { return list_; }
  std::size_t parts() const { return parts_; }  // of all compounds together

 private:
  std::vector<Complex> list_;
  std::size_t parts_ = 0;
};

inline constexpr std::size_t kAllMatches = static_cast<std::size_t>(-1);

// The first `most` elements below `root` that match, in document order. The whole selector is
// matched inside `root`, which is :scope and counts as an ancestor. Error: DOCUMENT_TOO_COMPLEX
// (steps): the document's limit, or the one that is given.
Result<std::vector<NodeId>> select(const Document& document, NodeId root, const Selector& selector,
                                   std::size_t most = kAllMatches, const Limits* limits = nullptr);

}  // namespace gvm::html
