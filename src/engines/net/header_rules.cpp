#include "net/header_rules.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "net/http_header.h"

namespace gvm::net {
namespace {

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::ranges::any_of(
      names, [&](std::string_view other) { return equal_ignoring_case(name, other); });
}

// The client writes message framing and connection management itself. A caller's own headers could
// only contradict them, which makes request smuggling possible (RFC 9112, 11.2).
constexpr std::array<std::string_view, 9> kOurs{
    "connection", "keep-alive",       "transfer-encoding", "te", "trailer", "upgrade",
    "expect",     "proxy-connection", "http2-settings"};

// Host could name another site than the URL that was checked, and Content-Length another body. CGI
// programs read "Proxy" as an environment variable.
constexpr std::array<std::string_view, 3> kOfTheModule{"host", "content-length", "proxy"};
constexpr std::string_view kToProxies = "proxy-";

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kShown = 64;
  return "request header " + std::string(name.substr(0, kShown));
}

std::optional<std::string> problem_with(const HttpHeader& header, const HeaderLimits& limits) {
  if (header.name.size() > limits.name_bytes) return "a request header's name is too long";
  if (!is_token(header.name))
    return "a request header's name holds a character that is not allowed";
  if (is_forbidden_for_caller(header.name)) return in_quotes(header.name) + " may not be set";
  if (header.value.size() > limits.value_bytes) return in_quotes(header.name) + " is too long";
  if (!is_field_value(header.value)) return in_quotes(header.name) + " holds a control character";
  return std::nullopt;
}

}  // namespace

bool is_token(std::string_view text) {
  static constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           kMarks.find(c) != std::string_view::npos;
  };
  return !text.empty() && std::ranges::all_of(text, allowed);
}

bool is_field_value(std::string_view value) {
  return std::ranges::none_of(value,
                              [](unsigned char c) { return (c < ' ' && c != '\t') || c == 0x7f; });
}

bool is_set_by_client(std::string_view name) {
  return is_one_of(name, kOurs);
}

bool is_forbidden_for_caller(std::string_view name) {
  return is_set_by_client(name) || is_one_of(name, kOfTheModule) ||
         equal_ignoring_case(name.substr(0, kToProxies.size()), kToProxies);
}

std::optional<std::string> problem_with_headers(std::span<const HttpHeader> headers,
                                                const HeaderLimits& limits) {
  if (headers.size() > limits.count) return "the request has too many headers";
  std::size_t total = 0;
  for (const auto& header : headers) {
    if (auto problem = problem_with(header, limits)) return problem;
    total += header.name.size() + header.value.size();
  }
  if (total > limits.total_bytes) return "the request's headers are too large together";
  return std::nullopt;
}

}  // namespace gvm::net
