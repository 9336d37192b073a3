#include "llm/answer_of_script.h"

#include <fmt/format.h>
#include <gmp.h>

#include <cmath>

#include "base/json.h"
#include "script/codes.h"
#include "text/json_repair.h"

namespace gvm::llm {
namespace {

using envelope::Generation;

std::unexpected<Error> bad(std::string_view field, std::string_view expected, const Value& found) {
  return fail(codes::kScriptBadAnswer, Fatality::fatal,
              fmt::format("the script's answer: {}: expected {}, found {}", field, expected,
                          kind_name(found.kind())));
}

// "n/d", the form in which a fraction comes from Lua, rounded down.
std::optional<Integer> floor_of_fraction(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto numerator = Integer::parse(text.substr(0, slash));
  const auto denominator = Integer::parse(text.substr(slash + 1));
  if (!numerator || !denominator || *denominator <= Integer(0)) return std::nullopt;
  mpz_t n, d;
  mpz_inits(n, d, nullptr);
  numerator->to_mpz(n);
  denominator->to_mpz(d);
  mpz_fdiv_q(n, n, d);
  Integer result = Integer::from_mpz(n);
  mpz_clears(n, d, nullptr);
  return result;
}

std::optional<Integer> whole_gen(const Value& value) {
  if (const auto* integer = value.as_integer()) return *integer;
  if (const auto* real = value.as_real()) return Integer::from_integral(std::floor(*real));
  if (auto text = value.as_string()) return floor_of_fraction(*text);
  return std::nullopt;
}

Result<Integer> read_consumed(const Value* value) {
  if (value == nullptr || value->is_null()) return Integer(0);
  auto gen = whole_gen(*value);
  if (!gen) return bad("consumed_gen", "an integer, a Rat or nil", *value);
  if (gen->is_negative() || *gen >= Integer::pow2(256)) {
    return fail(codes::kScriptBadAnswer, Fatality::fatal,
                "the script's answer: consumed_gen: expected 0 to 2^256-1");
  }
  return std::move(*gen);
}

// In the form this peer's contracts read: a map, or JSON text.
Result<Value> read_json(Value data, Generation generation) {
  const bool as_text = envelope::wants_json_text(generation);
  if (auto* map = data.as_map()) {
    if (!as_text) return data;
    return Value::string(json::write(Value::map(std::move(*map))));
  }
  auto text = data.as_string();
  if (!text) return bad("data", "a table or JSON text, as the prompt asks for JSON", data);
  auto repaired = text::repair_answer(*text);
  if (!repaired) return fail(std::move(repaired).error());
  if (as_text) return Value::string(std::move(repaired->text));
  return std::move(repaired->value);
}

Result<Value> read_data(Value data, const envelope::LlmRequest& request, Generation generation) {
  if (const auto* prompt = std::get_if<envelope::PromptRequest>(&request)) {
    if (prompt->response_format == envelope::ResponseFormat::json) {
      return read_json(std::move(data), generation);
    }
  } else if (std::get<envelope::TemplateRequest>(request).kind !=
             envelope::Template::eq_non_comparative_leader) {
    if (!data.as_bool())
      return bad("data", "a boolean, as this template asks for a judgement", data);
    return data;
  }
  if (!data.as_string()) return bad("data", "a string of valid UTF-8", data);
  return data;
}

// True when `returned` is the data itself and not {data =}.
bool is_bare(const Value& returned, const envelope::LlmRequest& request) {
  if (returned.as_string() || returned.as_bool() != nullptr) return true;
  const auto* prompt = std::get_if<envelope::PromptRequest>(&request);
  const bool json = prompt != nullptr && prompt->response_format == envelope::ResponseFormat::json;
  const auto* map = returned.as_map();
  return json && map != nullptr && map->find("data") == nullptr;
}

}  // namespace

Result<ScriptAnswer> read_script_answer(Value returned, const envelope::LlmRequest& request,
                                        Generation generation) {
  if (is_bare(returned, request)) {
    auto read = read_data(std::move(returned), request, generation);
    if (!read) return fail(std::move(read).error());
    return ScriptAnswer{std::move(*read), Integer(0), true};
  }
  auto* map = returned.as_map();
  if (map == nullptr) return bad("the result", "a table {data =, consumed_gen =}", returned);
  auto consumed = read_consumed(map->find("consumed_gen"));
  if (!consumed) return fail(std::move(consumed).error());
  Value* data = map->find("data");
  if (data == nullptr) return bad("data", "an answer", Value::null());
  auto read = read_data(std::move(*data), request, generation);
  if (!read) return fail(std::move(read).error());
  return ScriptAnswer{std::move(*read), std::move(*consumed), false};
}

}  // namespace gvm::llm
