// The commands of a session. The numbers are WebDriver's sections.
#include <algorithm>
#include <cmath>

#include "browser/webdriver.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "text/json_view.h"

namespace gvm::browser {
namespace {

std::int64_t whole(const Value* number) {
  if (number == nullptr) return 0;
  if (const double* real = number->as_real()) return std::llround(std::clamp(*real, 0.0, 1e9));
  const Integer* integer = number->as_integer();
  return integer == nullptr ? 0 : integer->to_i64().value_or(0);
}

Value number(std::int64_t n) {
  return Value::integer(n);
}

}  // namespace

// 8.3: succeeds also when the session has already ended.
asio::awaitable<Result<void>> DriverSession::close(Deadline deadline) {
  std::string method = "DELETE";
  std::string path;
  Value none;
  auto done = co_await act(std::move(method), std::move(path), std::move(none), deadline);
  if (!done && command_failure_of(done.error()) == CommandFailure::session)
    co_return Result<void>();
  co_return done;
}

// 10.1
asio::awaitable<Result<void>> DriverSession::navigate(std::string url, Deadline deadline) {
  std::string method = "POST";
  std::string path = "/url";
  Value body = Value::fields("url", Value::string(std::move(url)));
  auto done = co_await act(std::move(method), std::move(path), std::move(body), deadline);
  co_return done;
}

// 10.2
asio::awaitable<Result<std::string>> DriverSession::url(Deadline deadline) {
  std::string path = "/url";
  auto text = co_await ask(std::move(path), deadline);
  co_return text;
}

// 10.6
asio::awaitable<Result<std::string>> DriverSession::title(Deadline deadline) {
  std::string path = "/title";
  auto text = co_await ask(std::move(path), deadline);
  co_return text;
}

// 13.1
asio::awaitable<Result<std::string>> DriverSession::source(Deadline deadline) {
  std::string path = "/source";
  auto text = co_await ask(std::move(path), deadline);
  co_return text;
}

// 13.2.1
asio::awaitable<Result<Value>> DriverSession::execute(std::string script, Value arguments,
                                                      Deadline deadline) {
  std::string method = "POST";
  std::string path = "/execute/sync";
  Value body =
      Value::fields("script", Value::string(std::move(script)), "args", std::move(arguments));
  auto value = co_await command(std::move(method), std::move(path), std::move(body), deadline);
  co_return value;
}

// 13.2.2
asio::awaitable<Result<Value>> DriverSession::execute_async(std::string script, Value arguments,
                                                            Deadline deadline) {
  std::string method = "POST";
  std::string path = "/execute/async";
  Value body =
      Value::fields("script", Value::string(std::move(script)), "args", std::move(arguments));
  auto value = co_await command(std::move(method), std::move(path), std::move(body), deadline);
  co_return value;
}

// 11.1
asio::awaitable<Result<std::string>> DriverSession::window(Deadline deadline) {
  std::string path = "/window";
  auto text = co_await ask(std::move(path), deadline);
  co_return text;
}

// 11.4
asio::awaitable<Result<std::vector<std::string>>> DriverSession::windows(Deadline deadline) {
  std::string method = "GET";
  std::string path = "/window/handles";
  Value none;
  auto value = co_await command(std::move(method), std::move(path), std::move(none), deadline);
  if (!value) co_return fail(std::move(value.error()));
  std::vector<std::string> handles;
  if (const auto* list = value->as_array()) {
    for (const auto& entry : *list) handles.emplace_back(entry.as_string().value_or(""));
  }
  co_return handles;
}

// 11.3
asio::awaitable<Result<void>> DriverSession::switch_to(std::string window, Deadline deadline) {
  std::string method = "POST";
  std::string path = "/window";
  Value body = Value::fields("handle", Value::string(std::move(window)));
  auto done = co_await act(std::move(method), std::move(path), std::move(body), deadline);
  co_return done;
}

// 11.8.1
asio::awaitable<Result<Rect>> DriverSession::window_rect(Deadline deadline) {
  std::string method = "GET";
  std::string path = "/window/rect";
  Value none;
  auto value = co_await command(std::move(method), std::move(path), std::move(none), deadline);
  if (!value) co_return fail(std::move(value.error()));
  Rect rect{static_cast<int>(whole(value->find("width"))),
            static_cast<int>(whole(value->find("height")))};
  co_return rect;
}

// 11.8.2
asio::awaitable<Result<void>> DriverSession::set_window_rect(Rect rect, Deadline deadline) {
  std::string method = "POST";
  std::string path = "/window/rect";
  Value body = Value::fields("width", number(rect.width), "height", number(rect.height));
  auto done = co_await act(std::move(method), std::move(path), std::move(body), deadline);
  co_return done;
}

// 9.2
asio::awaitable<Result<void>> DriverSession::set_timeouts(SessionTimeouts timeouts,
                                                          Deadline deadline) {
  std::string method = "POST";
  std::string path = "/timeouts";
  Value body = Value::fields("pageLoad", number(timeouts.page_load.count()), "script",
                             number(timeouts.script.count()));
  auto done = co_await act(std::move(method), std::move(path), std::move(body), deadline);
  co_return done;
}

// 16.3
asio::awaitable<Result<std::string>> DriverSession::alert_text(Deadline deadline) {
  std::string path = "/alert/text";
  auto text = co_await ask(std::move(path), deadline);
  co_return text;
}

// 16.1
asio::awaitable<Result<void>> DriverSession::dismiss_alert(Deadline deadline) {
  std::string method = "POST";
  std::string path = "/alert/dismiss";
  Value none;
  auto done = co_await act(std::move(method), std::move(path), std::move(none), deadline);
  co_return done;
}

// 16.2
asio::awaitable<Result<void>> DriverSession::accept_alert(Deadline deadline) {
  std::string method = "POST";
  std::string path = "/alert/accept";
  Value none;
  auto done = co_await act(std::move(method), std::move(path), std::move(none), deadline);
  co_return done;
}

asio::awaitable<Result<Value>> DriverSession::cdp(std::string method, Value params,
                                                  Deadline deadline) {
  if (!info_.chromium)
    co_return fail(driver_error("unknown command", "the driver is none of Chromium's"));
  std::string verb = "POST";
  std::string path = "/goog/cdp/execute";
  Value body = Value::fields("cmd", Value::string(std::move(method)), "params", std::move(params));
  auto value = co_await command(std::move(verb), std::move(path), std::move(body), deadline);
  co_return value;
}

asio::awaitable<Result<Value>> DriverSession::performance_log(Deadline deadline) {
  std::string method = "POST";
  std::string path = "/se/log";
  Value body = Value::fields("type", Value::string("performance"));
  auto value = co_await command(std::move(method), std::move(path), std::move(body), deadline);
  co_return value;
}

}  // namespace gvm::browser
