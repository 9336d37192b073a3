#pragma once
// Support for the tests of HttpClient. Included by tests only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error_codes.h"
#include "net/http_client.h"
#include "support/http_server.h"

namespace gvm::net {

using test::HttpServer;
using Behaviour = HttpServer::Behaviour;
using std::chrono::milliseconds;

// Enough time for anything that must happen; a test that waits this long fails.
inline constexpr milliseconds kPatience{10'000};
// How late an error may come.
inline constexpr milliseconds kLateness{250};

inline HttpRequest get(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  return request;
}

inline HttpRequest post(std::string url, std::string body) {
  HttpRequest request = get(std::move(url));
  request.method = "POST";
  request.body = std::move(body);
  request.has_body = true;
  return request;
}

// A client with an io_context of its own, driven by the test's thread.
struct ClientFixture : testing::Test {
  explicit ClientFixture(HttpClientOptions options = {}) : client(context, std::move(options)) {}

  // Runs all requests at once until the last one has its answer.
  std::vector<HttpResult> send_all(std::vector<HttpRequest> requests,
                                   Deadline deadline = Deadline::in(kPatience)) {
    std::vector<std::optional<HttpResult>> outcomes(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
      asio::co_spawn(context, client.send(std::move(requests[i]), deadline),
                     [&, i](std::exception_ptr failure, HttpResult result) {
                       if (failure) std::rethrow_exception(failure);
                       outcomes[i] = std::move(result);
                     });
    }
    context.restart();
    context.run_for(2 * kPatience);
    std::vector<HttpResult> results;
    for (auto& outcome : outcomes) {
      if (!outcome) throw std::runtime_error("a request never ended");
      results.push_back(std::move(*outcome));
    }
    return results;
  }

  HttpResult send(HttpRequest request, Deadline deadline = Deadline::in(kPatience)) {
    std::vector<HttpRequest> one;
    one.push_back(std::move(request));
    return std::move(send_all(std::move(one), deadline).front());
  }

  asio::io_context context{1};
  HttpClient client;
};

// The same outside of a TEST_F, with options chosen by the test.
struct FreeClient : ClientFixture {
  explicit FreeClient(HttpClientOptions options = {}) : ClientFixture(std::move(options)) {}
  void TestBody() override {}
};

inline std::string text_of(const Error& error, std::string_view key) {
  const Value* value = error.ctx().find(key);
  return value == nullptr ? "" : std::string(value->as_string().value_or(""));
}

// "CODE/kind", or "status N" when there is no error.
inline std::string verdict(const HttpResult& result) {
  if (result) return "status " + std::to_string(result->status);
  return std::string(result.error().code()) + "/" + text_of(result.error(), "kind");
}

// "DEADLINE_EXCEEDED/idle"
inline std::string timeout_verdict(const HttpResult& result) {
  if (result) return verdict(result);
  return std::string(result.error().code()) + "/" + text_of(result.error(), "timeout");
}

inline HttpServer::Handler always(HttpServer::Reply reply) {
  return [reply](const HttpServer::Request&) { return reply; };
}

}  // namespace gvm::net
