#include "host/script_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/ascii.h"
#include "net/header_rules.h"

namespace gvm::host {

namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 7> kMethods{"GET",    "POST",    "PUT",  "HEAD",
                                                   "DELETE", "OPTIONS", "PATCH"};
constexpr std::array<std::string_view, 5> kDroppedHeaders{
    "content-length", "host", "genlayer-node-address", "genlayer-salt", "genlayer-tx-id"};

bool is_dropped(std::string_view lower) {
  return lower.starts_with('@') ||
         std::ranges::find(kDroppedHeaders, lower) != kDroppedHeaders.end();
}

class Reader {
 public:
  Reader(std::string_view function, const Value& table, const RequestLimits& limits)
      : function_(function), table_(table), limits_(limits) {}

  Result<ScriptRequest> read();

 private:
  std::unexpected<Error> wrong(std::string_view field, std::string_view expected,
                               std::string_view found) const;
  Result<std::string_view> text(std::string_view field) const;
  Result<bool> flag(std::string_view field) const;
  Result<void> read_method();
  Result<void> read_headers();
  Result<void> read_header(std::string_view name, const Value& value);
  Result<void> read_body();
  Result<void> read_limits();
  Result<void> read_signing();
  Result<void> read_flags();

  std::string_view function_;
  const Value& table_;
  const RequestLimits& limits_;
  ScriptRequest request_;
  std::size_t header_bytes_ = 0;
};

std::unexpected<Error> Reader::wrong(std::string_view field, std::string_view expected,
                                     std::string_view found) const {
  return fail(bad_argument(function_, field, expected, found));
}

Result<std::string_view> Reader::text(std::string_view field) const {
  const Value* value = table_.find(field);
  if (value == nullptr) return wrong(field, "string", "nil");
  const auto bytes = bytes_of(*value);
  if (!bytes) return wrong(field, "string", lua_kind(*value));
  return *bytes;
}

Result<bool> Reader::flag(std::string_view field) const {
  const Value* value = table_.find(field);
  if (value == nullptr || value->is_null()) return false;
  const bool* flag = value->as_bool();
  if (flag == nullptr) return wrong(field, "boolean or nil", lua_kind(*value));
  return *flag;
}

Result<void> Reader::read_method() {
  const auto method = text("method");
  if (!method) return fail(method.error());
  if (std::ranges::find(kMethods, *method) == kMethods.end()) {
    return wrong("method", fmt::format("one of {}", fmt::join(kMethods, ", ")),
                 method->substr(0, 16));
  }
  request_.http.method = *method;
  return {};
}

Result<void> Reader::read_header(std::string_view name, const Value& value) {
  std::string lower = lowered(name);
  if (is_dropped(lower)) return {};
  if (!net::is_token(name))
    return wrong("headers", "header names (RFC 9110, 5.1)", "other characters");
  const std::string field = fmt::format("headers[\"{}\"]", name.substr(0, 64));
  const auto text = bytes_of(value);
  if (!text) return wrong(field, "string", lua_kind(value));
  if (!net::is_field_value(*text)) return wrong(field, "no control characters", "one of them");
  header_bytes_ += name.size() + text->size();
  if (header_bytes_ > limits_.header_bytes) {
    return wrong("headers", fmt::format("at most {} bytes", limits_.header_bytes), "more");
  }
  request_.http.headers.push_back({std::move(lower), std::string(*text)});
  return {};
}

Result<void> Reader::read_headers() {
  const Value* headers = table_.find("headers");
  if (headers == nullptr || headers->is_null()) return {};
  const auto* array = headers->as_array();
  if (array != nullptr && array->empty()) return {};
  const auto* map = headers->as_map();
  if (map == nullptr) {
    return wrong("headers", "table from names to strings",
                 array != nullptr ? "list" : lua_kind(*headers));
  }
  if (map->size() > limits_.header_count) {
    return wrong("headers", fmt::format("at most {} headers", limits_.header_count),
                 std::to_string(map->size()));
  }
  for (const auto& [name, value] : *map) {
    if (auto read = read_header(name.view(), value); !read) return read;
  }
  return {};
}

Result<void> Reader::read_body() {
  const Value* body = table_.find("body");
  if (body == nullptr || body->is_null()) return {};
  const auto bytes = bytes_of(*body);
  if (!bytes) return wrong("body", "string or nil", lua_kind(*body));
  if (bytes->size() > limits_.request_body_bytes) {
    return wrong("body", fmt::format("at most {} bytes", limits_.request_body_bytes),
                 std::to_string(bytes->size()));
  }
  request_.http.body = *bytes;
  request_.http.has_body = true;
  return {};
}

Result<void> Reader::read_limits() {
  request_.timeout = limits_.default_timeout;
  request_.http.max_body = limits_.response_body_bytes;
  if (const Value* timeout = table_.find("timeout"); timeout != nullptr && !timeout->is_null()) {
    const auto seconds = number_of(*timeout);
    // Also true for NaN.
    if (!seconds || !(*seconds > 0)) {
      return wrong("timeout", "seconds, a number above 0",
                   seconds ? fmt::format("{}", *seconds) : std::string(lua_kind(*timeout)));
    }
    const double longest = std::chrono::duration<double>(limits_.longest_timeout).count();
    const double milli = std::ceil(std::min(*seconds, longest) * 1000);
    request_.timeout = milliseconds(static_cast<milliseconds::rep>(milli));
  }
  const Value* size = table_.find("response_body_max_size");
  if (size == nullptr || size->is_null()) return {};
  const auto bytes = number_of(*size);
  if (!bytes || !(*bytes >= 0)) {
    return wrong("response_body_max_size", "bytes, a number from 0", lua_kind(*size));
  }
  if (*bytes < static_cast<double>(limits_.response_body_bytes)) {
    request_.http.max_body = static_cast<std::size_t>(*bytes);
  }
  return {};
}

// `sign_with` names a key of the configuration; `sign` alone asks for the default signer.
Result<void> Reader::read_signing() {
  const auto sign = flag("sign");
  if (!sign) return fail(sign.error());
  const Value* key = table_.find("sign_with");
  if (key == nullptr || key->is_null()) {
    if (*sign) request_.sign_with.emplace();
    return {};
  }
  const auto name = bytes_of(*key);
  if (!name || name->empty()) return wrong("sign_with", "the name of a key", lua_kind(*key));
  request_.sign_with = std::string(*name);
  return {};
}

Result<void> Reader::read_flags() {
  const auto json = flag("json");
  if (!json) return fail(json.error());
  const auto ok_only = flag("error_on_status");
  if (!ok_only) return fail(ok_only.error());
  const auto unfiltered = flag("unfiltered");
  if (!unfiltered) return fail(unfiltered.error());
  if (*json) request_.form = BodyForm::json;
  if (*ok_only) request_.statuses = Statuses::ok_only;
  if (*unfiltered) request_.filtering = Filtering::unfiltered;
  return {};
}

Result<ScriptRequest> Reader::read() {
  if (table_.as_map() == nullptr) return wrong("argument 2 (request)", "table", lua_kind(table_));
  const auto url = text("url");
  if (!url) return fail(url.error());
  request_.http.url = *url;
  for (const auto step : {&Reader::read_method, &Reader::read_headers, &Reader::read_body,
                          &Reader::read_limits, &Reader::read_signing, &Reader::read_flags}) {
    if (auto done = (this->*step)(); !done) return fail(done.error());
  }
  return std::move(request_);
}

}  // namespace

Result<ScriptRequest> read_script_request(std::string_view function, const Value& table,
                                          const RequestLimits& limits) {
  return Reader(function, table, limits).read();
}

bool is_dropped_header(std::string_view name) {
  return is_dropped(lowered(name));
}

}  // namespace gvm::host
