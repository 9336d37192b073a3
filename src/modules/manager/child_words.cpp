#include "manager/child_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "manager/codes.h"

namespace gvm::manager {

using std::chrono::milliseconds;

Value order(std::string_view what) {
  return Value::object({{"do", Value::string(std::string(what))}});
}
Value order(std::string_view what, std::string_view key, milliseconds span) {
  return Value::object({{"do", Value::string(std::string(what))},
                        {key, Value::integer(static_cast<std::int64_t>(span.count()))}});
}

Value listed(const std::vector<std::string>& texts) {
  Value::Array items;
  for (const auto& text : texts) items.push_back(Value::string(text));
  return Value::array(std::move(items));
}

std::vector<std::string> last_words(const Child& child) {
  constexpr std::size_t kShownLines = 5;
  const auto& lines = child.last_lines();
  const auto count = std::min(kShownLines, lines.size());
  return {lines.end() - static_cast<std::ptrdiff_t>(count), lines.end()};
}

Error failure_of(const Child& child) {
  if (!child.reasons().empty()) {
    Error error(codes::kModuleConfigRefused, Fatality::user,
                fmt::format("{}", fmt::join(child.reasons(), "\n")));
    return error.with("reasons", listed(child.reasons()));
  }
  const auto end = child.how_it_ended();
  Error error(codes::kModuleStartFailed, Fatality::fatal,
              end.empty() ? "the module was not ready in time"
                          : fmt::format("the module ended at its start ({})", end));
  return error.with("last_lines", listed(last_words(child)));
}

Error refusal_of(const Value& answer) {
  std::vector<std::string> reasons;
  if (const Value* list = answer.find("reasons"); list != nullptr && list->as_array() != nullptr)
    for (const auto& reason : *list->as_array())
      reasons.emplace_back(reason.as_string().value_or(""));
  Error error(codes::kModuleConfigRefused, Fatality::user,
              fmt::format("{}", fmt::join(reasons, "\n")));
  return error.with("reasons", listed(reasons));
}

}  // namespace gvm::manager
