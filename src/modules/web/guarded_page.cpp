#include "web/guarded_page.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "base/encoding.h"
#include "guarded/in_turn.h"
#include "guarded/moderate.h"
#include "url/url.h"

namespace gvm::web {
namespace {

using guard::Stage;
using guarded::SessionGuards;

constexpr std::array<std::string_view, 2> kTexts = {"text", "body"};
constexpr std::string_view kPicture = "image";

// What rules look at, and with which of them.
struct Look {
  SessionGuards& guards;
  guarded::Beside beside;
};

Result<void> guard_bytes(const Look& look, Value& field, std::string_view bytes) {
  const bool valid = is_valid_utf8(bytes);
  const auto shown = valid ? std::string(bytes) : to_valid_utf8(bytes);
  auto passed = look.guards.pass(Stage::page, shown, look.beside);
  if (!passed) return fail(std::move(passed).error().error);
  if (*passed == shown) return {};
  if (!valid)
    return fail(codes::kGuardMaskFailed, Fatality::user,
                "a rule masks what stands in bytes that are no valid UTF-8");
  const bool is_text = field.as_string().has_value();
  field = is_text ? Value::string(std::move(*passed)) : Value::bytes(std::move(*passed));
  return {};
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as what a script returns, which is bounded.
Result<void> guard_field(const Look& look, Value& field) {
  if (const auto* bytes = field.as_blob()) return guard_bytes(look, field, bytes->view());
  Look inner = look;
  inner.beside.scope = guard::Scope::places;
  if (auto* items = field.as_array())
    for (auto& item : *items)
      if (auto passed = guard_field(inner, item); !passed) return passed;
  if (auto* map = field.as_map())
    for (auto& [name, value] : *map)
      if (auto passed = guard_field(inner, value); !passed) return passed;
  return {};
}

Result<void> guard_fields(const Look& look, Value& returned) {
  auto* const map = returned.as_map();
  if (map == nullptr) return guard_field(look, returned);
  for (auto& [name, field] : *map) {
    if (name.view() == kPicture) continue;
    if (auto passed = guard_field(look, field); !passed) return passed;
  }
  return {};
}

std::string shown_text(const Value& returned) {
  std::string text;
  for (const auto name : kTexts) {
    const auto* field = returned.find(name);
    if (const auto bytes = field == nullptr ? std::nullopt : field->as_string()) text += *bytes;
    if (const auto bytes = field == nullptr ? std::nullopt : field->as_bytes())
      text += to_valid_utf8(*bytes);
  }
  return text;
}

bool acts(const PageGuard& guard) {
  return guard.guards != nullptr && guard.guards->enforce();
}

}  // namespace

guard::LinkJudge link_judge(std::shared_ptr<const policy::UrlRules> rules) {
  return [rules = std::move(rules)](std::string_view text) -> std::string {
    const auto url = url::parse(text);
    if (!url) return "it cannot be parsed";
    const auto decision = rules->judge(*url);
    return decision.allowed ? "" : decision.sentence;
  };
}

asio::awaitable<Result<Value>> guard_page(PageGuard guard, Value returned, Deadline deadline) {
  if (!acts(guard)) co_return std::move(returned);
  const auto given = std::make_shared<const Value>(std::move(returned).to_owned());
  const auto page = std::make_shared<Value>();
  const auto bytes = guarded::text_bytes(*given);
  guarded::Look look = [given, page, guards = guard.guards,
                        links = link_judge(guard.rules)](guard::Effort* effort) -> Result<Value> {
    *page = *given;
    if (auto passed = guard_fields({*guards, {.links = &links, .effort = effort}}, *page); !passed)
      return fail(std::move(passed).error());
    return Value::null();
  };
  auto passed = co_await guarded::in_turn(bytes, std::move(look));
  if (!passed) co_return fail(std::move(passed).error());
  if (!guarded::is_moderated(guard.guards->module(), Stage::page)) co_return std::move(*page);
  std::string shown = shown_text(*page);
  guarded::Asking whom{guard.http, {}};
  auto refusal = co_await guarded::moderate(guard.guards, Stage::page, std::move(shown),
                                            std::move(whom), deadline);
  if (refusal) co_return fail(std::move(refusal->error));
  co_return std::move(*page);
}

asio::awaitable<Error> guard_error(PageGuard guard, Error error) {
  if (!acts(guard)) co_return error;
  const auto shown = std::make_shared<Error>(error);
  const auto bytes = guarded::text_bytes(error.ctx());
  guarded::Look look = [shown, error,
                        guards = guard.guards](guard::Effort* effort) -> Result<Value> {
    *shown = error;
    guards->clean(Stage::page, *shown, effort);
    return Value::null();
  };
  auto done = co_await guarded::in_turn(bytes, std::move(look));
  if (!done) co_return std::move(done).error();
  co_return std::move(*shown);
}

}  // namespace gvm::web
