#pragma once
// Backends with prices, and what errors of budgets say.
#include <string>
#include <string_view>

#include "e2e/mocks.h"
#include "text/json_view.h"

namespace gvm::e2e {

// The mock's own prices.
inline constexpr std::string_view kPrices = "models:\n  - {model: m, input: 3, output: 15}\n";
// Reserves little more than an answer costs.
inline constexpr std::string_view kShortAnswers =
    "{m: {supports_json: true, max_tokens: {default: 40, ceiling: 40}}}";

inline std::string pricing_of(const TempFolder& folder, std::string_view more = {}) {
  return "pricing: {file: \"" + folder.write("prices.yaml", kPrices) + "\"" + std::string(more) +
         "}\n";
}

inline std::string short_answers(const mock::MockUpstream& upstream, std::string name = "main",
                                 int priority = 0) {
  return backend({.name = std::move(name),
                  .host = upstream.url(),
                  .models = std::string(kShortAnswers),
                  .priority = priority});
}

inline std::string ctx(const Reply& reply, std::string_view pointer) {
  return std::string(text::string_at(reply.ctx, pointer).value_or(""));
}

}  // namespace gvm::e2e
