#include "web/second_fetch.h"

#include <algorithm>

#include "base/json.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::web {
namespace {

constexpr int kOk = 200;
constexpr std::size_t kLongestUserAgent = 1024;

// Of a command's answer; null when it failed.
Value value_of(const Result<net::HttpResponse>& answer) {
  if (!answer || answer->status != kOk) return Value::null();
  const auto parsed = text::parse_json(answer->body);
  const Value* value = parsed ? parsed->find("value") : nullptr;
  return value == nullptr ? Value::null() : *value;
}

asio::awaitable<Value> ask(browser::Lease& lease, std::string method, std::string path,
                           std::string body, Deadline deadline) {
  auto sending = lease.send(std::move(method), std::move(path), std::move(body), deadline);
  const Result<net::HttpResponse> answer = co_await std::move(sending);
  co_return value_of(answer);
}

// A page may give itself any name.
bool is_header_text(std::string_view text) {
  return text.size() <= kLongestUserAgent &&
         std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// RFC 6265, 4.1.1, more freely: what would end the pair or the header is out.
bool is_cookie_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < ' ' || byte == 0x7F || c == ';';
  });
}

}  // namespace

void take_cookies(host::CookieJar& jar, const url::Url& url, const Value& cookies) {
  if (cookies.as_array() == nullptr) return;
  for (const Value& cookie : *cookies.as_array()) {
    const auto name = text::string_at(cookie, "/name").value_or("");
    const auto value = text::string_at(cookie, "/value").value_or("");
    const auto path = text::string_at(cookie, "/path").value_or("/");
    const auto domain = text::string_at(cookie, "/domain").value_or("");
    if (!is_cookie_text(name) || !is_cookie_text(value) || !is_cookie_text(path)) continue;
    std::string line(name);
    line.append("=").append(value).append("; path=").append(path);
    // A leading dot says that it is not the host's alone.
    if (domain.starts_with('.') && is_cookie_text(domain)) line.append("; domain=").append(domain);
    const Value* secure = cookie.find("secure");
    const bool* is_secure = secure == nullptr ? nullptr : secure->as_bool();
    if (is_secure != nullptr && *is_secure && url.scheme() == "https") line.append("; secure");
    jar.take(url, line);
  }
}

asio::awaitable<Visitor> visitor_of(browser::Lease& lease, url::Url url, Deadline deadline) {
  Visitor out;
  Value urls = Value::array({Value::string(std::string(url.href()))});
  std::string devtools =
      json::write(Value::fields("cmd", Value::string("Network.getCookies"), "params",
                                Value::fields("urls", std::move(urls))));
  std::string post = "POST";
  std::string execute = "/goog/cdp/execute";
  auto asking = ask(lease, std::move(post), std::move(execute), std::move(devtools), deadline);
  Value known = co_await std::move(asking);
  if (known.find("cookies") != nullptr) {
    take_cookies(out.cookies, url, *known.find("cookies"));
  } else if (lease.usable()) {
    std::string get = "GET";
    std::string path = "/cookie";
    auto listing = ask(lease, std::move(get), std::move(path), std::string(), deadline);
    const Value listed = co_await std::move(listing);
    take_cookies(out.cookies, url, listed);
  }
  if (!lease.usable()) co_return out;
  std::string again = "POST";
  std::string script = "/execute/sync";
  std::string naming = R"({"script":"return navigator.userAgent","args":[]})";
  auto named = ask(lease, std::move(again), std::move(script), std::move(naming), deadline);
  const Value name = co_await std::move(named);
  const auto text = name.as_string();
  if (text && is_header_text(*text)) out.user_agent = *text;
  co_return out;
}

}  // namespace gvm::web
