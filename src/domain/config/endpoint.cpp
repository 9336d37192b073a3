// URLs, addresses and headers in the configuration. The rules are stricter than WHATWG's, because
// an operator's typing error should be reported, not repaired.
#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/encoding.h"
#include "config/scalar.h"

namespace gvm::config {

namespace {

constexpr std::size_t kLongestUnixPath = 107;  // sockaddr_un.sun_path holds 108 with the terminator

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool all_of(std::string_view text, bool (*test)(char)) {
  return std::all_of(text.begin(), text.end(), test);
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || !all_of(text, is_digit)) return false;
  return parse_integer(text) <= 65'535;
}

bool is_host_character(char c) {
  return is_alnum(c) || c == '-' || c == '.' || c == '_';
}
bool is_ipv6_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' || c == '.';
}

struct HostPort {
  std::string_view host;  // with the brackets of an IPv6 address
  std::string_view port;  // empty when there is none
  bool valid = false;
};

bool is_bracketed(std::string_view host) {
  return host.size() > 3 && host.front() == '[' && host.back() == ']' &&
         all_of(host.substr(1, host.size() - 2), is_ipv6_character);
}

HostPort split_host_port(std::string_view text) {
  const auto bracket = text.rfind(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  HostPort out{.host = text.substr(0, colon), .port = {}, .valid = false};
  if (colon != std::string_view::npos) out.port = text.substr(colon + 1);
  const bool named = !out.host.empty() && all_of(out.host, is_host_character);
  const bool port_fits = colon == std::string_view::npos || is_port(out.port);
  out.valid = (named || is_bracketed(out.host)) && port_fits;
  return out;
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost") || host == "[::1]") return true;
  return host.starts_with("127.") &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

bool names_a_key(std::string_view name) {
  const std::string lower = lowered(name);
  static constexpr std::array<std::string_view, 7> kWords = {"key",  "token", "secret", "password",
                                                             "auth", "sig",   "pass"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](auto word) { return lower.find(word) != std::string::npos; });
}

void add_credentials(std::string_view user_info, std::vector<Secret>& out) {
  if (user_info.empty()) return;
  out.emplace_back(std::string(user_info));
  out.emplace_back(base64_encode(user_info));  // in the form that the Authorization header carries
  const auto colon = user_info.find(':');
  if (colon != std::string_view::npos) out.emplace_back(std::string(user_info.substr(colon + 1)));
}

void add_query_keys(std::string_view query, std::vector<Secret>& out) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || !names_a_key(pair.substr(0, equals))) continue;
    out.emplace_back(std::string(pair.substr(equals + 1)));
  }
}

bool is_url_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7F && c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' &&
         c != '`' && c != '{' && c != '}' && c != '|';
}

EndpointResult failed(std::string_view reason) {
  return {.endpoint = {}, .error = reason};
}

}  // namespace

EndpointResult parse_endpoint(std::string_view text) {
  if (!all_of(text, is_url_character)) return failed("a URL with a forbidden character");
  auto rest = text;
  if (rest.starts_with("https://"))
    rest.remove_prefix(8);
  else if (rest.starts_with("http://"))
    rest.remove_prefix(7);
  else
    return failed("a URL without http:// or https://");
  if (rest.find('#') != std::string_view::npos) return failed("a URL with a fragment");
  auto authority = rest.substr(0, rest.find_first_of("/?"));
  const auto query_start = rest.find('?');
  Endpoint endpoint;
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    add_credentials(authority.substr(0, at), endpoint.secrets);
    authority.remove_prefix(at + 1);
  }
  const auto where = split_host_port(authority);
  if (where.host.empty()) return failed("a URL without a host");
  if (!where.valid) return failed("a URL with a bad host or port");
  if (query_start != std::string_view::npos)
    add_query_keys(rest.substr(query_start + 1), endpoint.secrets);
  endpoint.loopback = is_loopback(where.host);
  endpoint.url = text.substr(0, text.find_last_not_of('/') + 1);
  return {.endpoint = std::move(endpoint), .error = {}};
}

bool is_bind_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix://";
  if (text.starts_with(kUnix)) {
    const auto path = text.substr(kUnix.size());
    return path.size() > 1 && path.front() == '/' && path.size() <= kLongestUnixPath;
  }
  constexpr std::string_view kFd = "fd://";
  if (text.starts_with(kFd)) return is_port(text.substr(kFd.size()));
  const auto where = split_host_port(text);
  return where.valid && !where.port.empty();
}

bool is_header_name(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_alnum(c) || kMarks.find(c) != std::string_view::npos;
  });
}

bool is_header_value(std::string_view text) {
  return all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return c == '\t' || (byte >= 0x20 && byte != 0x7F);
  });
}

}  // namespace gvm::config
