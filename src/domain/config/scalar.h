#pragma once
// The forms that a scalar of the configuration can have. Each parser returns empty for a text that
// is not exactly of its form.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace gvm::config {

std::optional<bool> parse_bool(std::string_view text);             // true, false
std::optional<std::int64_t> parse_integer(std::string_view text);  // decimal, optional '-'
std::optional<double> parse_number(std::string_view text);  // finite, decimal, optional exponent

enum class Quoting { plain, quoted };
// "500ms", "3s", "1.5m"; a plain number is seconds. Rounded to milliseconds; never negative; cut to
// a year, as longer spans would overflow clocks when added to now.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text, Quoting quoting);
// "64KiB", "16MiB", "1GiB"; a plain number is bytes.
std::optional<std::int64_t> parse_bytes(std::string_view text);

std::string format_duration(std::chrono::milliseconds span);  // shortest of the forms above
std::string format_bytes(std::uint64_t bytes);
std::string format_number(double number);

struct Endpoint {
  std::string url;              // without trailing '/'
  bool loopback = false;        // localhost, 127.0.0.0/8, [::1]
  std::vector<Secret> secrets;  // credentials in it, keys in its query
};
// An absolute http or https URL without fragment. The error is a short reason, which never repeats
// the URL.
struct EndpointResult {
  std::optional<Endpoint> endpoint;
  std::string_view error;
};
EndpointResult parse_endpoint(std::string_view text);

// "host:port" (IPv6 in brackets; port 0 lets the system choose), "unix:///absolute/path" or
// "fd://N" (an inherited socket).
bool is_bind_address(std::string_view text);
// Digits, perhaps with a point and further digits: at most 20 before it and 18 after it.
bool is_decimal(std::string_view text);
// RFC 9110, 5.6.2: a token.
bool is_header_name(std::string_view text);
// RFC 9110, 5.5: visible characters, spaces and tabs; no line breaks.
bool is_header_value(std::string_view text);

}  // namespace gvm::config
