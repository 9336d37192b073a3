#pragma once
// A compiled query. Internal to jsonpath/.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/value.h"

namespace gvm::jsonpath {

struct Logical;

struct Selector {
  enum class Kind : std::uint8_t { name, wildcard, index, slice, filter };
  Kind kind = Kind::wildcard;
  std::string name;
  std::int64_t index = 0;
  std::optional<std::int64_t> start, end, step;
  std::shared_ptr<const Logical> filter;
};

struct Segment {
  bool descendant = false;
  std::vector<Selector> selectors;
};

struct Ast {
  bool absolute = true;  // from $, else from @
  std::vector<Segment> segments;

  // At most one value, whatever the document.
  bool singular() const {
    for (const Segment& segment : segments) {
      if (segment.descendant || segment.selectors.size() != 1) return false;
      const auto kind = segment.selectors.front().kind;
      if (kind != Selector::Kind::name && kind != Selector::Kind::index) return false;
    }
    return true;
  }
};

enum class Function : std::uint8_t { length, count, value, match, search };

struct Call;
// A literal, a query, or a function.
using Operand = std::variant<Value, Ast, std::shared_ptr<const Call>>;

struct Call {
  Function function = Function::length;
  std::vector<Operand> arguments;
};

struct Logical {
  enum class Kind : std::uint8_t { any, all, negated, exists, call, compare };
  enum class Compare : std::uint8_t { equal, unequal, less, at_most, greater, at_least };
  Kind kind = Kind::exists;
  Compare compare = Compare::equal;
  std::vector<Logical> parts;     // of any, all, negated
  std::vector<Operand> operands;  // exists and call: one; compare: two
};

}  // namespace gvm::jsonpath
