#pragma once
// Cookies between the hops of one redirected request (RFC 6265, 5.3 and 5.4); they are dropped with
// it.
// Host-only and domain cookies, paths, Secure and expiry are respected; a cookie for another site
// is never kept. Pure.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "url/url.h"

namespace gvm::host {

struct CookieLimits {
  static constexpr std::size_t kCookies = 50;   // further ones are not kept
  static constexpr std::size_t kBytes = 4'096;  // of one cookie's name and value
};

class CookieJar {
 public:
  // One Set-Cookie value of an answer from `url`. What is malformed or not allowed is ignored.
  void take(const url::Url& url, std::string_view set_cookie);
  // The value of the Cookie header for a request to `url`; empty when there is none.
  std::string header_for(const url::Url& url) const;
  bool empty() const { return cookies_.empty(); }

 private:
  struct Cookie {
    std::string name;
    std::string value;
    std::string domain;
    std::string path = "/";
    bool host_only = true;
    bool secure = false;
    bool expired = false;
  };
  void store(Cookie cookie);

  std::vector<Cookie> cookies_;
};

}  // namespace gvm::host
