#pragma once
// What a plain HTTP request is answered with.
#include <string>
#include <string_view>

namespace gvm::serve {

// Of every answer that has no others. Nothing from elsewhere, no frame around it, no cookies.
inline constexpr std::string_view kSecurityHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\nCross-Origin-Resource-Policy: same-origin\r\n"
    "Cache-Control: no-store\r\n";

struct HttpAnswer {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string extra_headers;                             // whole lines, e.g. "Allow: GET\r\n"
  std::string_view security_headers = kSecurityHeaders;  // a constant
};

// {"error": sentence}
HttpAnswer http_error(unsigned status, std::string_view sentence);

}  // namespace gvm::serve
