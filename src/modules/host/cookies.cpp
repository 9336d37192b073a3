#include "host/cookies.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <optional>

#include "base/ascii.h"

namespace gvm::host {
namespace {

bool is_ip_literal(std::string_view host) {
  return host.starts_with('[') || host.find_first_not_of("0123456789.") == std::string_view::npos;
}

// RFC 6265, 5.1.3. A domain without a dot would be a whole top-level domain.
bool domain_matches(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.' && !is_ip_literal(host);
}

// RFC 6265, 5.1.4.
bool path_matches(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return false;
  return path.size() == prefix.size() || prefix.ends_with('/') || path[prefix.size()] == '/';
}

std::string default_path(std::string_view path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string_view::npos ? "/" : std::string(path.substr(0, slash));
}

// Whether it deletes the cookie. Max-Age wins over Expires.
struct Expiry {
  std::optional<bool> max_age;
  bool expires = false;
  bool over() const { return max_age.value_or(expires); }
};

void read_max_age(std::string_view value, Expiry& expiry) {
  long long seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc() && end == value.data() + value.size()) expiry.max_age = seconds <= 0;
}

void read_expires(std::string_view value, Expiry& expiry) {
  std::tm date{};
  const std::string text(value);
  if (::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &date) == nullptr &&
      ::strptime(text.c_str(), "%a, %d-%b-%Y %H:%M:%S GMT", &date) == nullptr)
    return;
  expiry.expires = ::timegm(&date) <= std::time(nullptr);
}

}  // namespace

void CookieJar::take(const url::Url& url, std::string_view set_cookie) {
  const auto pair = set_cookie.substr(0, set_cookie.find(';'));
  const auto equals = pair.find('=');
  if (equals == std::string_view::npos || set_cookie.size() > 2 * CookieLimits::kBytes) return;
  Cookie cookie;
  cookie.name = trim(pair.substr(0, equals));
  cookie.value = trim(pair.substr(equals + 1));
  if (cookie.name.empty() || cookie.name.size() + cookie.value.size() > CookieLimits::kBytes)
    return;
  cookie.domain = url.hostname();
  cookie.path = default_path(url.path());
  Expiry expiry;
  for (auto rest = set_cookie.substr(pair.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const auto attribute = rest.substr(0, rest.find(';'));
    rest.remove_prefix(attribute.size());
    const auto at = attribute.find('=');
    const auto name = lowered(trim(attribute.substr(0, at)));
    const auto value =
        at == std::string_view::npos ? std::string_view() : trim(attribute.substr(at + 1));
    if (name == "secure") cookie.secure = true;
    if (name == "path" && value.starts_with('/')) cookie.path = value;
    if (name == "max-age") read_max_age(value, expiry);
    if (name == "expires") read_expires(value, expiry);
    if (name == "domain" && !value.empty()) {
      const auto domain = lowered(value.starts_with('.') ? value.substr(1) : value);
      if (domain.find('.') == std::string::npos || !domain_matches(url.hostname(), domain)) return;
      cookie.host_only = domain == url.hostname() && is_ip_literal(domain);
      cookie.domain = domain;
    }
  }
  if (cookie.secure && url.scheme() != "https") return;
  cookie.expired = expiry.over();
  store(std::move(cookie));
}

void CookieJar::store(Cookie cookie) {
  std::erase_if(cookies_, [&](const Cookie& old) {
    return old.name == cookie.name && old.domain == cookie.domain && old.path == cookie.path;
  });
  if (!cookie.expired && cookies_.size() < CookieLimits::kCookies)
    cookies_.push_back(std::move(cookie));
}

std::string CookieJar::header_for(const url::Url& url) const {
  std::string header;
  for (const auto& cookie : cookies_) {
    const bool host = cookie.host_only ? cookie.domain == url.hostname()
                                       : domain_matches(url.hostname(), cookie.domain);
    if (!host || !path_matches(url.path(), cookie.path)) continue;
    if (cookie.secure && url.scheme() != "https") continue;
    if (!header.empty()) header += "; ";
    header.append(cookie.name).append("=").append(cookie.value);
  }
  return header;
}

}  // namespace gvm::host
