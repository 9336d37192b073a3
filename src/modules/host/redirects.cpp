#include "host/redirects.h"

#include <algorithm>
#include <array>

#include "base/error_codes.h"

namespace gvm::host {

namespace {

constexpr std::array<int, 5> kRedirectStatuses{301, 302, 303, 307, 308};
constexpr std::array<std::string_view, 6> kCredentialHeaders{
    "api-key", "authorization", "cookie", "cookie2", "proxy-authorization", "x-api-key"};
constexpr std::array<std::string_view, 5> kCredentialEndings{"-api-key", "-token", "-secret",
                                                             "-key", "-signature"};
// RFC 9110, 15.4: they describe the body that is not sent again.
constexpr std::string_view kContentPrefix = "content-";

// Bytes beyond ASCII percent-encoded, as browsers do: in whatever charset the server wrote them, it
// gets the same bytes back.
std::string as_ascii(std::string_view location) {
  std::string out;
  for (const char c : location) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    const auto byte = static_cast<unsigned char>(c);
    constexpr unsigned char kFirstBeyond = 0x80;
    if (byte < kFirstBeyond) {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 0xF];
    }
  }
  return out;
}

bool becomes_get(const std::string& method, int status) {
  if (status == 303) return method != "GET" && method != "HEAD";
  return method == "POST" && (status == 301 || status == 302);
}

}  // namespace

bool is_credential_header(std::string_view lower_name) {
  const auto ends = [&](std::string_view ending) { return lower_name.ends_with(ending); };
  return std::ranges::find(kCredentialHeaders, lower_name) != kCredentialHeaders.end() ||
         std::ranges::any_of(kCredentialEndings, ends);
}

Error redirect_error(std::string detail, const url::Url& from) {
  return Error(codes::kSendingRequest, Fatality::fatal, std::move(detail))
      .with("kind", Value::string("redirect"))
      .with("url", Value::string(from.without_credentials()));
}

Result<std::optional<url::Url>> redirect_target(const url::Url& from,
                                                const net::HttpResponse& response) {
  if (std::ranges::find(kRedirectStatuses, response.status) == kRedirectStatuses.end()) {
    return std::nullopt;
  }
  const auto location = response.header("location");
  if (!location || location->empty()) return std::nullopt;
  auto target = url::parse(as_ascii(*location), &from);
  if (!target)
    return fail(redirect_error("the answer redirects to something that is no URL", from));
  if (target->scheme() != "http" && target->scheme() != "https") {
    return fail(redirect_error("the answer redirects to a URL that is not http or https", from));
  }
  if (from.scheme() == "https" && target->scheme() == "http") {
    return fail(redirect_error("the answer redirects from https to http", from));
  }
  return std::move(*target);
}

void follow_redirect(net::HttpRequest& request, int status, const url::Url& from,
                     const url::Url& target, OtherOrigin other_origin) {
  if (becomes_get(request.method, status)) {
    request.method = "GET";
    request.body.clear();
    request.has_body = false;
    std::erase_if(request.headers, [](const net::HttpHeader& header) {
      return header.name.starts_with(kContentPrefix);
    });
  }
  if (from.origin() != target.origin()) {
    std::erase_if(request.headers, [&](const net::HttpHeader& header) {
      return other_origin == OtherOrigin::without_headers || is_credential_header(header.name);
    });
  }
  request.url = std::string(target.href());
}

}  // namespace gvm::host
