#include "base/log_form.h"

#include <algorithm>
#include <array>

namespace gvm {
namespace {

// Fields of ctx that hold names, numbers and words of ours. A field that is not listed is not
// logged, so that a new one is looked at first.
constexpr auto kHarmless = std::to_array<std::string_view>({
    "action",
    "answer_began",
    "argument",
    "attempts",
    "budget",
    "chunked",
    "component",
    "content_type",
    "data_rules",
    "dns",
    "end_reason",
    "errno",
    "error",
    "error_message",
    "expected",
    "fallback_error",
    "frames",
    "function",
    "height",
    "host",
    "http",
    "index",
    "kept_connection",
    "kind",
    "last_error",
    "limit",
    "maximum",
    "model",
    "moderator",
    "ms",
    "needed",
    "needs",
    "offset",
    "place",
    "port",
    "position",
    "primary_error",
    "provider",
    "proxy_status",
    "reason",
    "record",
    "recovers_in_ms",
    "remaining",
    "request_sent",
    "reserved",
    "resets_at",
    "rule",
    "scope",
    "size",
    "spent",
    "stage",
    "status",
    "timeout",
    "tld",
    "tls",
    "tokens",
    "unit",
    "url",
    "why",
    "width",
    "window",
});
static_assert(std::ranges::is_sorted(kHarmless));

constexpr std::string_view kDetail = "detail";
constexpr std::string_view kNotUsable = "ANSWER_NOT_USABLE";  // its sentences may quote the answer

bool is_harmless(std::string_view key) {
  return std::ranges::binary_search(kHarmless, key);
}

std::string_view own_words(std::string_view sentence) {
  const auto foreign = sentence.find(kProviderSays);
  auto own = sentence.substr(0, std::min(foreign, sentence.size()));
  while (own.ends_with(' ') || own.ends_with(':')) own.remove_suffix(1);
  return own;
}

// `code`: of the error.
Value harmless(const Value& ctx, std::string_view code) {
  Value::Map kept;
  const auto* map = ctx.as_map();
  if (map == nullptr) return Value::map();
  for (const auto& [key, field] : *map) {
    const auto sentence = key.view() == kDetail ? field.as_string() : std::nullopt;
    if (sentence && code != kNotUsable)
      kept.set(key.view(), Value::string(std::string(own_words(*sentence))));
    if (is_harmless(key.view())) kept.set(key.view(), field);
  }
  return Value::map(std::move(kept));
}

// At least the code.
Value::Array own_words(const std::vector<std::string_view>& causes) {
  Value::Array kept;
  for (const auto cause : causes) {
    const auto own = own_words(cause);
    if (!own.empty()) kept.push_back(Value::string(std::string(own)));
    if (causes.front() == kNotUsable) break;
  }
  return kept;
}

// A table that scripts got from a failed call.
bool is_error(const Value& value) {
  const Value* causes = value.find("causes");
  return causes != nullptr && causes->as_array() != nullptr && value.find("ctx") != nullptr;
}

}  // namespace

Value log_form(const Error& error) {
  const std::vector<std::string_view> causes(error.causes().begin(), error.causes().end());
  return Value::fields("causes", Value::array(own_words(causes)), "fatal",
                       Value::boolean(error.fatal()), "ctx", harmless(error.ctx(), error.code()));
}

void to_log_form(Value& value) {
  if (is_error(value)) {
    std::vector<std::string_view> causes;
    for (const auto& cause : *value.find("causes")->as_array())
      causes.push_back(cause.as_string().value_or("?"));
    if (causes.empty()) causes.emplace_back("?");
    Value own = Value::array(own_words(causes));
    Value ctx = harmless(*value.find("ctx"), causes.front());
    value.as_map()->set("causes", std::move(own));
    value.as_map()->set("ctx", std::move(ctx));
    return;
  }
  if (auto* items = value.as_array())
    for (auto& item : *items) to_log_form(item);
  if (auto* map = value.as_map())
    for (auto& [key, field] : *map) to_log_form(field);
}

}  // namespace gvm
