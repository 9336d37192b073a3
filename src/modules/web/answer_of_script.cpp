#include "web/answer_of_script.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "base/encoding.h"
#include "base/error_codes.h"
#include "envelope/reply.h"
#include "script/codes.h"

namespace gvm::web {
namespace {

using envelope::RenderMode;

std::unexpected<Error> bad(std::string_view field, std::string_view expected, const Value* found) {
  return fail(codes::kScriptBadAnswer, Fatality::fatal,
              fmt::format("the script's answer: {}: expected {}, found {}", field, expected,
                          found == nullptr ? "nothing" : kind_name(found->kind())));
}

Result<Blob> take_bytes(Value::Map& map, std::string_view field) {
  Value* value = map.find(field);
  Blob* bytes = value == nullptr ? nullptr : value->as_blob();
  if (bytes == nullptr) return bad(field, "a string", value);
  return std::move(*bytes);
}

Result<void> check_size(const Blob& bytes, const std::optional<std::uint64_t>& limit) {
  if (!limit || bytes.view().size() <= *limit) return {};
  return fail(Error(codes::kTooLarge, Fatality::user,
                    fmt::format("the answer has {} bytes, more than the size limit of {}",
                                bytes.view().size(), *limit))
                  .with("limit", Value::integer(Integer::from_u64(*limit))));
}

Result<Value> read_render(Value::Map& map, const envelope::RenderRequest& request) {
  const bool image = request.mode == RenderMode::screenshot;
  auto content = take_bytes(map, image ? "image" : "text");
  if (!content) return fail(std::move(content).error());
  if (auto fits = check_size(*content, request.size_limit); !fits)
    return fail(std::move(fits).error());
  if (image) return envelope::image_value(std::move(*content));
  if (!is_valid_utf8(content->view())) {
    return fail(codes::kScriptBadAnswer, Fatality::fatal,
                "the script's answer: text: expected valid UTF-8");
  }
  return envelope::text_value(std::move(*content));
}

// An empty Lua table is an empty array here.
Result<Value::Map> read_headers(Value* headers) {
  Value::Map result;
  if (headers == nullptr || headers->is_null()) return result;
  if (const auto* array = headers->as_array(); array != nullptr && array->empty()) return result;
  auto* map = headers->as_map();
  if (map == nullptr) return bad("headers", "a table from names to strings", headers);
  for (auto& [name, value] : *map) {
    Blob* bytes = value.as_blob();
    if (bytes == nullptr) return bad("headers", "a table from names to strings", &value);
    result.set(lowered(name.view()), Value::bytes(std::move(*bytes)));
  }
  return result;
}

Result<int> read_status(const Value* status) {
  constexpr int kLowest = 100;
  constexpr int kHighest = 999;
  const Integer* number = status == nullptr ? nullptr : status->as_integer();
  const auto value = number == nullptr ? std::nullopt : number->to_i64();
  if (!value || *value < kLowest || *value > kHighest)
    return bad("status", "an integer from 100 to 999", status);
  return static_cast<int>(*value);
}

Result<Value> read_response(Value::Map& map, const envelope::WebRequest& request) {
  auto status = read_status(map.find("status"));
  if (!status) return fail(std::move(status).error());
  auto headers = read_headers(map.find("headers"));
  if (!headers) return fail(std::move(headers).error());
  auto body = take_bytes(map, "body");
  if (!body) return fail(std::move(body).error());
  if (auto fits = check_size(*body, request.size_limit); !fits)
    return fail(std::move(fits).error());
  envelope::WebResponse response{*status, std::move(*headers), std::move(*body)};
  return envelope::response_value(std::move(response));
}

}  // namespace

Result<Value> read_script_answer(Value returned, const envelope::AnyWebRequest& request) {
  auto* map = returned.as_map();
  if (map == nullptr) return bad("the result", "a table", &returned);
  if (const auto* render = std::get_if<envelope::RenderRequest>(&request))
    return read_render(*map, *render);
  return read_response(*map, std::get<envelope::WebRequest>(request));
}

}  // namespace gvm::web
