#pragma once
// A service for the server's tests: it does what the text of the request says, and counts what
// happens to it.
//   hello:    "bad-calldata" and "bad-shape" are refused; everything else is taken; "hello token=T"
//   holds the token T
//   request:  "sleep:<ms>" waits, "block:<ms>" holds the lane, "big:<bytes>" answers that many
//   bytes, "throw" throws, all else is echoed
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "base/error_codes.h"
#include "net/http_client_options.h"
#include "serve/server.h"

namespace gvm::test {

using namespace std::chrono_literals;

struct ScriptedCounts {
  std::atomic<int> handlers{0};   // alive
  std::atomic<int> started{0};    // requests
  std::atomic<int> running{0};    // requests
  std::atomic<int> cancelled{0};  // requests
  std::atomic<int> finished{0};   // sessions whose finish() ran to its end
};

class ScriptedHandler final : public serve::SessionHandler {
 public:
  explicit ScriptedHandler(ScriptedCounts& counts) : counts_(counts) { ++counts_.handlers; }
  ~ScriptedHandler() override { --counts_.handlers; }

  Result<void> hello(std::string frame) override {
    if (frame == "bad-calldata")
      return fail(codes::kMalformedCalldata, Fatality::fatal, "not calldata");
    constexpr std::string_view kToken = "hello token=";
    if (frame.starts_with(kToken)) token_ = frame.substr(kToken.size());
    if (frame == "bad-shape") return fail(codes::kMalformedHello, Fatality::fatal, "no hello");
    return {};
  }

  boost::asio::awaitable<std::string> request(std::string frame, Deadline) override {
    const Running running(counts_);
    if (frame == "throw") throw std::runtime_error("scripted");
    if (frame.starts_with("big:")) co_return std::string(std::stoul(frame.substr(4)), 'b');
    if (frame.starts_with("block:"))
      std::this_thread::sleep_for(std::chrono::milliseconds(std::stol(frame.substr(6))));
    if (frame.starts_with("sleep:")) {
      const std::chrono::milliseconds span(std::stol(frame.substr(6)));
      boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, span);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
    running.done = true;
    co_return frame;
  }

  std::string take_token() override { return std::exchange(token_, {}); }

  std::string deadline_reply() override { return "deadline"; }
  std::string refusal_reply(Error error) override { return "refused " + error.to_string(); }

  boost::asio::awaitable<void> finish(Deadline) override {
    ++counts_.finished;
    co_return;
  }

 private:
  struct Running {
    explicit Running(ScriptedCounts& c) : counts(c) {
      ++counts.started;
      ++counts.running;
    }
    ~Running() {
      if (!done && std::uncaught_exceptions() > 0) ++counts.cancelled;
      --counts.running;
    }
    ScriptedCounts& counts;
    mutable bool done = false;
  };

  ScriptedCounts& counts_;
  std::string token_;
};

class ScriptedService final : public serve::Service {
 public:
  std::unique_ptr<serve::SessionHandler> open(net::Lane&, std::uint64_t) override {
    return std::make_unique<ScriptedHandler>(counts);
  }
  void collect_metrics(metrics::Exposition& out) override {
    out.family("scripted_total", metrics::Type::counter, "One.").sample(1);
  }
  Health health() override {
    Health health;
    health.healthy = healthy;
    health.details = Value::object({{"kind", Value::string("scripted")}});
    return health;
  }
  std::string fatal_reply(const Error& error) override { return "fatal " + error.to_string(); }
  // "/status/echo" is answered with the target.
  std::optional<boost::asio::awaitable<serve::HttpAnswer>> status_part(
      std::string_view target) override {
    if (!target.starts_with("/status/echo")) return std::nullopt;
    return echo(std::string(target));
  }
  static boost::asio::awaitable<serve::HttpAnswer> echo(std::string target) {
    serve::HttpAnswer answer;
    answer.body = "\"" + target + "\"";
    co_return answer;
  }

  ScriptedCounts counts;
  std::atomic<bool> healthy{true};
};

// Waits for a condition that another thread makes true.
inline bool eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds span = 10s) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(500us);
  }
  return true;
}

// A running server on a free loopback port.
struct ScriptedServer {
  explicit ScriptedServer(serve::ServerOptions options = {}, std::size_t lane_count = 2)
      : lanes(lane_count, net::HttpClientOptions()),
        server(std::move(options), lanes, service, log::Logger()) {
    lanes.start();
    for (const auto& bound : {server.bind_admin(), server.bind()})
      if (!bound) throw std::runtime_error(bound.error().to_string());
    server.start();
  }
  std::uint16_t port() const { return server.port(); }
  ScriptedCounts& counts() { return service.counts; }

  net::Lanes lanes;
  ScriptedService service;
  serve::Server server;
};

}  // namespace gvm::test
