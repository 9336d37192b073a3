#pragma once
// What a browser knows of a URL, for fetching it once more without the browser: its cookies and the
// name it goes by. A site must not see another visitor the second time.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "base/deadline.h"
#include "browser/pool.h"
#include "host/cookies.h"
#include "net/http_client.h"
#include "url/url.h"

namespace gvm::web {

namespace asio = boost::asio;

struct Visitor {
  host::CookieJar cookies;
  std::string user_agent;  // empty: not known
};

// With a driver that is no Chromium's, the cookies are those of the page that is open. What cannot
// be learned is left out.
asio::awaitable<Visitor> visitor_of(browser::Lease& lease, url::Url url, Deadline deadline);

// Adds the "cookies" of WebDriver's or DevTools' answer to the jar: each has name, value, domain,
// path and secure.
void take_cookies(host::CookieJar& jar, const url::Url& url, const Value& cookies);

}  // namespace gvm::web
