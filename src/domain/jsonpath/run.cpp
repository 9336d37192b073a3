#include "jsonpath/run.h"

#include <algorithm>

#include "jsonpath/compare.h"

namespace gvm::jsonpath {
namespace {

// Calls `visit` for every child, in order.
template <class Visit>
void for_children(const Value& node, Visit&& visit) {
  if (const auto* array = node.as_array()) {
    for (const Value& item : *array) visit(item);
  } else if (const auto* map = node.as_map()) {
    for (const auto& [key, value] : *map) visit(value);
  }
}

}  // namespace

std::optional<std::pair<std::string_view, std::uint64_t>> Run::exceeded() const {
  if (steps_ > limits_.steps) return std::pair{std::string_view("steps"), limits_.steps};
  if (too_many_) return std::pair{std::string_view("results"), std::uint64_t{limits_.results}};
  return std::nullopt;
}

void Run::add(const Value& node, Nodes& out) {
  ++steps_;
  if (out.size() >= limits_.results)
    too_many_ = true;
  else
    out.push_back(&node);
}

Nodes Run::select(const Ast& query, const Value& current) {
  Nodes nodes{query.absolute ? &root_ : &current};
  for (const Segment& segment : query.segments) {
    Nodes next;
    for (const Value* node : nodes) {
      if (stopped()) return {};
      if (segment.descendant)
        descend(*node, segment, next);
      else
        select_from(*node, segment, next);
    }
    nodes = std::move(next);
  }
  return nodes;
}

// The node itself, then what is below it; values are kMaxDepth deep at most.
void Run::descend(const Value& node, const Segment& segment, Nodes& out) {
  if (stopped()) return;
  ++steps_;
  select_from(node, segment, out);
  for_children(node, [&](const Value& child) {
    if (child.as_array() != nullptr || child.as_map() != nullptr) descend(child, segment, out);
  });
}

void Run::select_from(const Value& node, const Segment& segment, Nodes& out) {
  for (const Selector& selector : segment.selectors) select_one(node, selector, out);
}

void Run::select_one(const Value& node, const Selector& selector, Nodes& out) {
  ++steps_;
  using Kind = Selector::Kind;
  switch (selector.kind) {
    case Kind::name:
      if (const Value* found = node.as_map() != nullptr ? node.find(selector.name) : nullptr)
        add(*found, out);
      return;
    case Kind::wildcard:
      return for_children(node, [&](const Value& child) { add(child, out); });
    case Kind::index:
      if (const auto* array = node.as_array()) select_index(*array, selector.index, out);
      return;
    case Kind::slice:
      if (const auto* array = node.as_array()) select_slice(*array, selector, out);
      return;
    case Kind::filter:
      return for_children(node, [&](const Value& child) {
        if (!stopped() && holds(*selector.filter, child)) add(child, out);
      });
  }
}

void Run::select_index(const Value::Array& array, std::int64_t index, Nodes& out) {
  const auto size = static_cast<std::int64_t>(array.size());
  if (index < 0) index += size;
  if (index >= 0 && index < size) add(array[static_cast<std::size_t>(index)], out);
}

// RFC 9535, 2.3.4.2.2.
void Run::select_slice(const Value::Array& array, const Selector& selector, Nodes& out) {
  const auto size = static_cast<std::int64_t>(array.size());
  const std::int64_t step = selector.step.value_or(1);
  if (step == 0) return;
  const auto normal = [size](std::int64_t i) { return i >= 0 ? i : size + i; };
  const std::int64_t start = normal(selector.start.value_or(step > 0 ? 0 : size - 1));
  const std::int64_t end = selector.end ? normal(*selector.end) : step > 0 ? size : -1;
  const auto item = [&](std::int64_t i) { add(array[static_cast<std::size_t>(i)], out); };
  if (step > 0) {
    const std::int64_t upper = std::clamp(end, std::int64_t{0}, size);
    for (std::int64_t i = std::clamp(start, std::int64_t{0}, size); i < upper; i += step) item(i);
  } else {
    const std::int64_t lower = std::clamp(end, std::int64_t{-1}, size - 1);
    for (std::int64_t i = std::clamp(start, std::int64_t{-1}, size - 1); i > lower; i += step)
      item(i);
  }
}

// --- Filters

bool Run::holds(const Logical& logical, const Value& current) {
  ++steps_;
  const auto holds_part = [&](const Logical& part) { return holds(part, current); };
  switch (logical.kind) {
    case Logical::Kind::any:
      return std::ranges::any_of(logical.parts, holds_part);
    case Logical::Kind::all:
      return std::ranges::all_of(logical.parts, holds_part);
    case Logical::Kind::negated:
      return !holds(logical.parts.front(), current);
    case Logical::Kind::exists:
      return !select(std::get<Ast>(logical.operands.front()), current).empty();
    case Logical::Kind::call:
      return holds_call(*std::get<std::shared_ptr<const Call>>(logical.operands.front()), current);
    case Logical::Kind::compare:
      return holds_compare(logical, current);
  }
  return false;
}

// Nothing equals nothing, and has no order.
bool Run::holds_compare(const Logical& logical, const Value& current) {
  Operated left, right;
  evaluate(logical.operands[0], current, left);
  evaluate(logical.operands[1], current, right);
  const Value* a = left.get();
  const Value* b = right.get();
  const auto equals = [&] { return a == nullptr || b == nullptr ? a == b : equal(*a, *b, steps_); };
  const auto precedes = [&](const Value* x, const Value* y) {
    return x != nullptr && y != nullptr && less(*x, *y, steps_);
  };
  using C = Logical::Compare;
  switch (logical.compare) {
    case C::equal:
      return equals();
    case C::unequal:
      return !equals();
    case C::less:
      return precedes(a, b);
    case C::at_most:
      return precedes(a, b) || equals();
    case C::greater:
      return precedes(b, a);
    case C::at_least:
      return precedes(b, a) || equals();
  }
  return false;
}

std::optional<std::string_view> string_of(const Value* value) {
  if (value == nullptr) return std::nullopt;
  if (const auto text = value->as_string()) return text;
  return value->as_bytes();
}

bool Run::holds_call(const Call& call, const Value& current) {
  Operated text, pattern;
  evaluate(call.arguments[0], current, text);
  evaluate(call.arguments[1], current, pattern);
  const auto in = string_of(text.get());
  const auto what = string_of(pattern.get());
  const auto place =
      call.function == Function::match ? Patterns::Place::whole : Patterns::Place::anywhere;
  return in && what && patterns_.matches(*in, *what, place, steps_);
}

void Run::evaluate(const Operand& operand, const Value& current, Operated& out) {
  if (const auto* value = std::get_if<Value>(&operand)) {
    out.pointer = value;
  } else if (const auto* query = std::get_if<Ast>(&operand)) {
    const Nodes nodes = select(*query, current);
    out.pointer = nodes.size() == 1 ? nodes.front() : nullptr;
  } else {
    evaluate_call(*std::get<std::shared_ptr<const Call>>(operand), current, out);
  }
}

// The length of a string counts its characters.
std::optional<std::size_t> length_of(const Value& value) {
  if (const auto text = string_of(&value)) {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::ranges::count_if(*text, begins));
  }
  if (const auto* array = value.as_array()) return array->size();
  if (const auto* map = value.as_map()) return map->size();
  return std::nullopt;
}

void Run::evaluate_call(const Call& call, const Value& current, Operated& out) {
  std::optional<std::size_t> number;
  if (call.function == Function::length) {
    Operated of;
    evaluate(call.arguments.front(), current, of);
    if (of.get() != nullptr) number = length_of(*of.get());
    if (const auto text = string_of(of.get())) steps_ += text->size() / 16;
  } else {
    const Nodes nodes = select(std::get<Ast>(call.arguments.front()), current);
    if (call.function == Function::count) number = nodes.size();
    if (call.function == Function::value && nodes.size() == 1) out.pointer = nodes.front();
  }
  if (!number) return;
  out.made = Value::integer(Integer::from_u64(*number));
  out.pointer = &out.made;
}

}  // namespace gvm::jsonpath
