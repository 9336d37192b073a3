#include "config/budget_checks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "config/diagnostic.h"

namespace gvm::config {
namespace {

using Names = std::vector<std::string>;

// The names that one field of `only` may have: those of the backend that `only` names, else those
// of all backends.
struct Choices {
  Names backends;
  Names models;
  Names keys;  // in the form that ledgers and records use: "BACKEND key 1"
};

Choices choices_for(const LlmConfig& config, const std::string* backend) {
  Choices out;
  for (const auto& each : config.backends) {
    out.backends.push_back(each.name);
    if (backend != nullptr && each.name != *backend) continue;
    for (const auto& model : each.models) out.models.push_back(model.name);
    for (std::size_t key = 0; key <= each.keys.size(); ++key)
      out.keys.push_back(fmt::format("{} key {}", each.name, key + 1));
  }
  return out;
}

const Names* names_for(const Choices& choices, std::string_view field) {
  if (field == "backend") return &choices.backends;
  if (field == "model") return &choices.models;
  return field == "key" ? &choices.keys : nullptr;
}

const std::string* backend_in(const BudgetConfig& budget) {
  for (const auto& [field, value] : budget.only)
    if (field == "backend") return &value;
  return nullptr;
}

std::string message_for(const std::string& value, const Names& names) {
  constexpr std::size_t kMostNamed = 12;
  const auto shown = std::min(names.size(), kMostNamed);
  std::string message = fmt::format(
      "got \"{}\", which no call has, so the budget never counts; expected one of {}{}", value,
      fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < names.size() ? ", ..." : "");
  const auto close = nearest(value, {names.begin(), names.end()});
  if (!close.empty()) message += fmt::format(", nearest is \"{}\"", close);
  return message;
}

void check_only(const Node& only, const std::string& path, Context& context,
                const LlmConfig& config, const BudgetConfig& budget) {
  const auto choices = choices_for(config, nullptr);
  const auto* backend = backend_in(budget);
  const bool known = backend != nullptr && std::ranges::count(choices.backends, *backend) > 0;
  const auto of_backend = choices_for(config, known ? backend : nullptr);
  for (const auto& [field, value] : budget.only) {
    const auto* names = names_for(of_backend, field);
    const auto* entry = only.find(field);
    if (names == nullptr || entry == nullptr || std::ranges::count(*names, value) > 0) continue;
    context.error(entry->value->mark, fmt::format("{}.{}", path, field),
                  message_for(value, *names));
  }
}

}  // namespace

void check_budget_names(const Node& root, Context& context, const LlmConfig& config) {
  const auto* budgets = root.find("budgets");
  if (budgets == nullptr) return;
  for (const auto& budget : config.budgets) {
    const auto* entry = budgets->value->find(budget.name);
    const auto* only = entry == nullptr ? nullptr : entry->value->find("only");
    if (only == nullptr) continue;
    check_only(*only->value, fmt::format("budgets.{}.only", budget.name), context, config, budget);
  }
}

}  // namespace gvm::config
