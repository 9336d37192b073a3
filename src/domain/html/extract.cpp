#include "html/extract.h"

#include <charconv>

#include "html/serialize.h"
#include "html/visible_text.h"

namespace gvm::html {
namespace {

// Text of every form on its way out: white space at the ends belongs to the page, not to the fact.
std::string trimmed(std::string_view text) {
  while (const std::size_t blank = leading_space(text)) text.remove_prefix(blank);
  while (!text.empty()) {
    const char c = text.back();
    if (c == ' ' || (c >= '\t' && c <= '\r'))
      text.remove_suffix(1);
    else if (text.ends_with("\xC2\xA0"))
      text.remove_suffix(2);
    else
      break;
  }
  return std::string(text);
}

// `decimal` as a number: an integer of any size, or the nearest real.
Value number_value(const std::string& decimal) {
  if (decimal.find('.') == decimal.npos) {
    if (auto integer = Integer::parse(decimal)) return Value::integer(std::move(*integer));
  }
  double real = 0;
  std::from_chars(decimal.data(), decimal.data() + decimal.size(), real);
  return Value::real(real);
}

class Run {
 public:
  Run(const Document& document, std::uint64_t steps)
      : document_(document), limits_(document.limits()), most_steps_(steps) {
    if (steps < ExtractionLimits::kSteps) limits_.steps = steps;
  }

  Result<Value> record(NodeId at, const ExtractionFields& fields) {
    std::vector<Value::Map::Entry> entries;
    for (const auto& [name, what] : fields) {
      auto value = one_or_all(at, what);
      if (!value) return value;
      if (!value->is_null()) entries.emplace_back(Blob(name), std::move(*value));
    }
    if (entries.empty()) return Value::null();
    return Value::map(Value::Map::from_entries(std::move(entries)));
  }

 private:
  // Null: nothing was found.
  Result<Value> one_or_all(NodeId at, const Extraction& what) {
    auto found = select_from(at, what);
    if (!found) return fail(std::move(found.error()));
    if (!what.all) return found->empty() ? Value::null() : value_of(found->front(), what);
    Value::Array list;
    for (const NodeId id : *found) {
      auto value = value_of(id, what);
      if (!value) return value;
      if (!value->is_null()) list.push_back(std::move(*value));
    }
    return Value::array(std::move(list));
  }

  Result<std::vector<NodeId>> select_from(NodeId at, const Extraction& what) {
    if (!what.selector) return std::vector<NodeId>{at};
    const std::uint64_t cost = (document_.end(at) - at) * std::uint64_t{what.selector->parts()};
    if (auto paid = pay(cost + 1); !paid) return fail(std::move(paid.error()));
    return select(document_, at, *what.selector, what.all ? kAllMatches : 1, &limits_);
  }

  Result<Value> value_of(NodeId id, const Extraction& what) {
    if (++values_ > ExtractionLimits::kValues)
      return fail(too_complex("values", ExtractionLimits::kValues));
    if (!what.fields.empty()) return record(id, what.fields);
    if (what.each) return one_or_all(id, *what.each);
    auto text = text_of(id, what);
    if (!text) return fail(std::move(text.error()));
    if (!*text) return Value::null();
    bytes_ += (*text)->size();
    if (bytes_ > document_.limits().output_bytes)
      return fail(too_complex("output_bytes", document_.limits().output_bytes));
    return formed(std::move(**text), what);
  }

  Result<std::optional<std::string>> text_of(NodeId id, const Extraction& what) {
    if (!what.attribute.empty()) {
      const auto value = document_.attribute(id, what.attribute);
      return value ? std::optional(trimmed(*value)) : std::nullopt;
    }
    if (auto paid = pay(document_.weight(id)); !paid) return fail(std::move(paid.error()));
    if (what.form != Extraction::Form::html) return trimmed(visible_text(document_, id));
    auto html = to_html(document_, id);
    if (!html) return fail(std::move(html.error()));
    return std::move(*html);
  }

  static Value formed(std::string text, const Extraction& what) {
    using Form = Extraction::Form;
    if (what.form == Form::text || what.form == Form::html) return Value::string(std::move(text));
    auto decimal = text::read_number(text, what.format);
    if (!decimal) return Value::null();
    return what.form == Form::decimal ? Value::string(std::move(*decimal)) : number_value(*decimal);
  }

  Result<void> pay(std::uint64_t steps) {
    steps_ += steps;
    if (steps_ <= most_steps_) return {};
    return fail(too_complex("steps", most_steps_));
  }

  const Document& document_;
  Limits limits_;  // of one selection
  std::uint64_t most_steps_;
  std::uint64_t steps_ = 0;
  std::size_t values_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

Result<Value> extract(const Document& document, NodeId root, const ExtractionFields& fields,
                      std::uint64_t steps) {
  auto record = Run(document, steps).record(root, fields);
  if (record && record->is_null()) return Value::map();
  return record;
}

}  // namespace gvm::html
