#include "envelope/web_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/error_codes.h"
#include "envelope/fields.h"
#include "envelope/variant.h"

namespace gvm::envelope {
namespace {

struct Sized {
  Value payload;
  std::optional<std::uint64_t> size_limit;
};

Result<Sized> split_size_limit(Value value, std::string_view variant) {
  auto* parts = value.as_array();
  if (parts == nullptr) return Sized{std::move(value), std::nullopt};
  const auto refuse = [&](std::string_view what) {
    return fail(codes::kMalformedRequest, Fatality::fatal, fmt::format("{}: {}", variant, what));
  };
  if (parts->size() != 2) return refuse("expected [payload, size_limit]");
  const Integer* limit = parts->back().as_integer();
  if (limit == nullptr || limit->is_negative())
    return refuse("expected an unsigned integer as size_limit");
  const auto bytes = limit->to_u64().value_or(std::numeric_limits<std::uint64_t>::max());
  return Sized{std::move(parts->front()), bytes};
}

Result<AnyWebRequest> parse_render(Sized message, Reading reading) {
  RenderRequest render;
  render.size_limit = message.size_limit;
  Fields fields(std::move(message.payload), "Render", codes::kMalformedRequest, reading);
  render.mode = static_cast<RenderMode>(fields.one_of("mode", {"text", "html", "screenshot"}));
  render.url = fields.string("url");
  const Blob wait = fields.string_or("wait_after_loaded", "0ms");
  if (const auto parsed = parse_wait(wait.view())) {
    render.wait_after_loaded = *parsed;
  } else {
    fields.complain("wait_after_loaded", "expected \"<n>ms\" or \"<n>s\"");
  }
  if (auto error = fields.finish()) return fail(std::move(*error));
  return render;
}

Result<AnyWebRequest> parse_request(Sized message, Reading reading) {
  WebRequest request;
  request.size_limit = message.size_limit;
  Fields fields(std::move(message.payload), "Request", codes::kMalformedRequest, reading);
  request.method = static_cast<WebMethod>(
      fields.one_of("method", {"GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH"}));
  request.url = fields.string("url");
  request.headers = fields.map_of(Value::Kind::bytes, "headers");
  request.body = fields.bytes_or_null("body");
  request.sign = fields.boolean_or("sign", false);
  if (auto error = fields.finish()) return fail(std::move(*error));
  return request;
}

}  // namespace

std::string_view render_mode_name(RenderMode mode) {
  switch (mode) {
    case RenderMode::text:
      return "text";
    case RenderMode::html:
      return "html";
    case RenderMode::screenshot:
      return "screenshot";
  }
  return "unknown";
}

std::string_view web_method_name(WebMethod method) {
  switch (method) {
    case WebMethod::get:
      return "GET";
    case WebMethod::post:
      return "POST";
    case WebMethod::put:
      return "PUT";
    case WebMethod::head:
      return "HEAD";
    case WebMethod::delete_:
      return "DELETE";
    case WebMethod::options:
      return "OPTIONS";
    case WebMethod::patch:
      return "PATCH";
  }
  return "unknown";
}

std::optional<std::chrono::milliseconds> parse_wait(std::string_view text) {
  constexpr double kMsPerSecond = 1000;
  constexpr auto kLongestMs = std::chrono::duration_cast<std::chrono::milliseconds>(kLongestWait);
  const auto is_part_of_number = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  const auto unit_at = std::ranges::find_if_not(text, is_part_of_number);
  const std::string_view number(text.begin(), unit_at);
  const std::string_view unit(unit_at, text.end());
  if (unit != "s" && unit != "ms") return std::nullopt;
  double count = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), count,
                                              std::chars_format::fixed);
  if (number.empty() || end != number.data() + number.size()) return std::nullopt;
  if (problem == std::errc::result_out_of_range) return kLongestMs;
  if (problem != std::errc{}) return std::nullopt;
  if (unit == "s") count *= kMsPerSecond;
  if (count >= static_cast<double>(kLongestMs.count())) return kLongestMs;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(count)));
}

Result<AnyWebRequest> parse_web_request(Value message, Generation generation) {
  auto variant = parse_variant(std::move(message), {"Render", "Request"});
  if (!variant) return fail(std::move(variant.error()));
  const bool render = variant->index == 0;
  auto sized = split_size_limit(std::move(variant->payload), render ? "Render" : "Request");
  if (!sized) return fail(std::move(sized.error()));
  const Reading reading = reading_of(generation);
  return render ? parse_render(std::move(*sized), reading)
                : parse_request(std::move(*sized), reading);
}

}  // namespace gvm::envelope
