#include "config/choice.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/diagnostic.h"

namespace gvm::config {

void check_choice(const Node& node, const std::string& path_of, std::string_view key,
                  Context& context, const std::string& value,
                  std::initializer_list<std::string_view> choices) {
  if (std::ranges::find(choices, value) != choices.end()) return;
  const auto* entry = node.find(key);
  if (entry == nullptr) return;
  std::string message =
      fmt::format("got \"{}\", expected one of {}", value, fmt::join(choices, ", "));
  const auto close = nearest(value, std::vector<std::string_view>(choices));
  if (!close.empty()) message += fmt::format(", nearest is \"{}\"", close);
  context.error(entry->value->mark,
                path_of.empty() ? std::string(key) : fmt::format("{}.{}", path_of, key),
                std::move(message));
}

}  // namespace gvm::config
