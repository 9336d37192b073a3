#pragma once
// Support for the tests of this folder: a ChromeDriver of the test's own, pages with faults, and an
// io_context driven by the test's thread. Included by tests only.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error_codes.h"
#include "browser/render.h"
#include "browser/webdriver.h"
#include "browser/webdriver_error.h"
#include "net/http_client.h"
#include "support/http_server.h"
#include "support/process.h"
#include "support/run_coroutine.h"

namespace gvm::browser {

using test::HttpServer;
using Reply = HttpServer::Reply;
using std::chrono::milliseconds;

// Enough time for anything that must happen; a test that waits this long fails.
inline constexpr milliseconds kPatience{30'000};
// How late an error may come.
inline constexpr milliseconds kLateness{250};

inline std::string text_of(const Error& error, std::string_view key) {
  const Value* value = error.ctx().find(key);
  return value == nullptr ? "" : std::string(value->as_string().value_or(""));
}

inline std::int64_t number_of(const Error& error, std::string_view key) {
  const Value* value = error.ctx().find(key);
  const Integer* number = value == nullptr ? nullptr : value->as_integer();
  return number == nullptr ? -1 : number->to_i64().value_or(-1);
}

// A ChromeDriver on a TCP port of loopback. It is the first process of a PID namespace, so the
// kernel ends everything it started together with it.
class DriverProcess {
 public:
  // It binds IPv4 and IPv6 separately: a port that is free for one may be in use for the other.
  DriverProcess() {
    constexpr int kAttempts = 5;
    std::optional<std::string> line;
    for (int attempt = 1; !line; ++attempt) {
      process_.emplace(std::vector<std::string>{"setpriv", "--pdeathsig", "KILL", "unshare",
                                                "--pid", "--fork", "--kill-child", "chromedriver",
                                                "--port=0"});
      line = process_->wait_for_line("started successfully on port", kPatience);
      if (!line && attempt == kAttempts)
        throw std::runtime_error("no chromedriver: " + process_->err());
    }
    const auto digits = line->find_last_of("0123456789");
    const auto before = line->find_last_not_of("0123456789", digits);
    url_ = "http://127.0.0.1:" + line->substr(before + 1, digits - before);
  }
  Endpoint endpoint() const { return {url_, {}}; }
  const std::string& url() const { return url_; }
  void kill() { process_->signal(9); }

 private:
  std::optional<test::Process> process_;
  std::string url_;
};

// Chromium may reach loopback only: all other requests go to a port on which nothing listens.
inline std::string session_request(std::string_view more = {}) {
  return fmt::format(
      R"({{"capabilities":{{"alwaysMatch":{{"browserName":"chrome",
          "unhandledPromptBehavior":"dismiss",{}
          "goog:chromeOptions":{{"args":["--headless=new","--no-sandbox","--disable-gpu",
          "--disable-dev-shm-usage","--disable-background-networking","--disable-sync",
          "--disable-component-update","--no-first-run",
          "--proxy-server=http://127.0.0.1:1","--proxy-bypass-list=127.0.0.1"]}}}}}}}})",
      more);
}

// As the module asks for its own sessions: navigating ends when the document is complete.
inline std::string eager_session_request() {
  return session_request(R"("pageLoadStrategy":"eager",)");
}

// The same with the log of the page's requests; the session's `logs_network` is to be set.
inline std::string watching_session_request() {
  return session_request(
      R"("pageLoadStrategy":"eager","goog:loggingPrefs":{"performance":"ALL"},)");
}

// An io_context and an HttpClient driven by the test's thread.
struct Loop {
  template <class T>
  T run(asio::awaitable<T> work, milliseconds patience = 2 * kPatience) {
    return test::run(context, std::move(work), patience);
  }

  asio::io_context context{1};
  net::HttpClient http{context, {}};
};

inline Reply page(std::string body, std::string type = "text/html; charset=utf-8") {
  return {.status = 200, .headers = {{"content-type", std::move(type)}}, .body = std::move(body)};
}

// Serves pages by path; an unknown path gives 404.
using Site = std::map<std::string, Reply, std::less<>>;
inline HttpServer::Handler serving(Site site) {
  return [site = std::move(site)](const HttpServer::Request& request) {
    const auto found = site.find(request.target.substr(0, request.target.find('?')));
    if (found != site.end()) return found->second;
    Reply missing = page("<!doctype html><p>nothing here</p>");
    missing.status = 404;
    return missing;
  };
}

}  // namespace gvm::browser
