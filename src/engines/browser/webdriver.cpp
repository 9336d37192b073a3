#include "browser/webdriver.h"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/json.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

// WebDriver, 6.3: every answer is {"value": ...}; for an error it is {"value": {"error",
// "message"}}.
Result<Value> value_of(const net::HttpResponse& response) {
  auto parsed = text::parse_json(response.body);
  if (!parsed) return fail(protocol_error("the driver's answer is no JSON"));
  Value* value = parsed->as_map() == nullptr ? nullptr : parsed->as_map()->find("value");
  const auto code = text::string_at(*parsed, "/value/error");
  if (code && response.status >= 400)
    return fail(driver_error(*code, text::string_at(*parsed, "/value/message").value_or("")));
  if (response.status != 200 || value == nullptr)
    return fail(protocol_error(fmt::format("the driver answered with status {}", response.status)));
  return std::move(*value);
}

// The driver itself says whether it drives Chromium.
bool is_chromium(const Value& capabilities) {
  const auto* map = capabilities.as_map();
  return map != nullptr && map->find("goog:chromeOptions") != nullptr;
}

}  // namespace

asio::awaitable<Result<net::HttpResponse>> WebDriver::exchange(std::string method, std::string path,
                                                               std::string body,
                                                               Deadline deadline) {
  net::HttpRequest request;
  request.url = at_.base_url + path;
  request.unix_socket_path = at_.unix_socket_path;
  request.has_body = method == "POST" || !body.empty();
  request.method = std::move(method);
  request.body = request.has_body && body.empty() ? "{}" : std::move(body);
  if (request.has_body) request.headers.push_back({"content-type", "application/json"});
  request.timeouts = {.connect = kConnectTimeout,
                      .first_byte = std::chrono::milliseconds(0),
                      .idle = std::chrono::milliseconds(0),
                      .total = std::chrono::milliseconds(0)};
  request.max_body = kMaxAnswerBytes;
  auto answer = co_await http_->send(std::move(request), deadline);
  co_return answer;
}

asio::awaitable<Result<Value>> WebDriver::command(std::string method, std::string path,
                                                  std::string body, Deadline deadline) {
  auto answer = co_await exchange(std::move(method), std::move(path), std::move(body), deadline);
  if (!answer) co_return fail(driver_lost(std::move(answer.error())));
  co_return value_of(*answer);
}

asio::awaitable<Result<void>> WebDriver::status(Deadline deadline) {
  std::string method = "GET";
  std::string path = "/status";
  std::string body;
  auto value = co_await command(std::move(method), std::move(path), std::move(body), deadline);
  if (!value) co_return fail(std::move(value.error()));
  const Value* ready = value->find("ready");
  const bool* is_ready = ready == nullptr ? nullptr : ready->as_bool();
  if (is_ready == nullptr) co_return fail(protocol_error("the driver's status has no \"ready\""));
  if (!*is_ready)
    co_return fail(driver_error("session not created",
                                text::string_at(*value, "/message").value_or("it is not ready")));
  co_return Result<void>();
}

asio::awaitable<Result<SessionInfo>> WebDriver::new_session(std::string request,
                                                            Deadline deadline) {
  std::string method = "POST";
  std::string path = "/session";
  auto value = co_await command(std::move(method), std::move(path), std::move(request), deadline);
  if (!value) co_return fail(std::move(value.error()));
  const auto id = text::string_at(*value, "/sessionId");
  const Value* capabilities = value->find("capabilities");
  // The id becomes part of a path.
  if (!id || id->empty() || id->find_first_of("/?#% \r\n") != id->npos || capabilities == nullptr)
    co_return fail(protocol_error("the driver's answer to a new session names none"));
  SessionInfo info;
  info.endpoint = at_;
  info.id = std::string(*id);
  info.chromium = is_chromium(*capabilities);
  info.browser_version = text::string_at(*capabilities, "/browserVersion").value_or("");
  co_return info;
}

asio::awaitable<Result<net::HttpResponse>> DriverSession::exchange(std::string method,
                                                                   std::string path,
                                                                   std::string body,
                                                                   Deadline deadline) {
  std::string whole = "/session/" + info_.id + path;
  auto answer =
      co_await driver_.exchange(std::move(method), std::move(whole), std::move(body), deadline);
  co_return answer;
}

asio::awaitable<Result<Value>> DriverSession::command(std::string method, std::string path,
                                                      Value body, Deadline deadline) {
  std::string whole = "/session/" + info_.id + path;
  std::string text = method == "POST" && !body.is_null() ? json::write(body) : std::string();
  auto value =
      co_await driver_.command(std::move(method), std::move(whole), std::move(text), deadline);
  co_return value;
}

asio::awaitable<Result<void>> DriverSession::act(std::string method, std::string path, Value body,
                                                 Deadline deadline) {
  auto value = co_await command(std::move(method), std::move(path), std::move(body), deadline);
  if (!value) co_return fail(std::move(value.error()));
  co_return Result<void>();
}

asio::awaitable<Result<std::string>> DriverSession::ask(std::string path, Deadline deadline) {
  std::string method = "GET";
  Value none;
  auto value = co_await command(std::move(method), std::move(path), std::move(none), deadline);
  if (!value) co_return fail(std::move(value.error()));
  const auto text = value->as_string();
  if (!text) co_return fail(protocol_error("the driver's answer is no text"));
  co_return std::string(*text);
}

}  // namespace gvm::browser
