#pragma once
// One evaluation of a query. Internal to jsonpath/.
#include <optional>
#include <vector>

#include "jsonpath/ast.h"
#include "jsonpath/patterns.h"
#include "jsonpath/query.h"

namespace gvm::jsonpath {

using Nodes = std::vector<const Value*>;

class Run {
 public:
  Run(const Value& root, const Limits& limits) : root_(root), limits_(limits), patterns_(limits) {}

  // `current` is what @ means.
  Nodes select(const Ast& query, const Value& current);
  // Which limit ended it early, and its value; what it answered counts for nothing then.
  std::optional<std::pair<std::string_view, std::uint64_t>> exceeded() const;

 private:
  bool stopped() const { return steps_ > limits_.steps || too_many_; }
  void add(const Value& node, Nodes& out);
  void select_from(const Value& node, const Segment& segment, Nodes& out);
  void descend(const Value& node, const Segment& segment, Nodes& out);
  void select_one(const Value& node, const Selector& selector, Nodes& out);
  void select_slice(const Value::Array& array, const Selector& selector, Nodes& out);
  void select_index(const Value::Array& array, std::int64_t index, Nodes& out);

  bool holds(const Logical& logical, const Value& current);
  bool holds_compare(const Logical& logical, const Value& current);
  bool holds_call(const Call& call, const Value& current);

  // A value, or nothing. `pointer` is into the document, the query or `made`.
  struct Operated {
    const Value* pointer = nullptr;
    Value made;
    const Value* get() const { return pointer; }
  };
  void evaluate(const Operand& operand, const Value& current, Operated& out);
  void evaluate_call(const Call& call, const Value& current, Operated& out);

  const Value& root_;
  const Limits& limits_;
  Patterns patterns_;
  std::uint64_t steps_ = 0;
  bool too_many_ = false;
};

}  // namespace gvm::jsonpath
