#pragma once
// A proxy whose resolver and dialer belong to the test, which sees what would be dialled and
// decides where the connection really goes. Included by tests only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/error_codes.h"
#include "egress/dial.h"
#include "egress/proxy.h"
#include "support/http_server.h"
#include "support/run_coroutine.h"

namespace gvm::egress {

using namespace std::chrono_literals;

inline constexpr auto kPatience = 20s;
inline constexpr std::string_view kRefused =
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

struct ScriptedResolver final : net::Resolver {
  asio::awaitable<Result<net::Addresses>> resolve(std::string host, Deadline) override {
    asked.push_back(host);
    const auto found = names.find(host);
    if (found == names.end())
      co_return fail(codes::kSendingRequest, Fatality::fatal, "no such name");
    net::Addresses out;
    for (const auto& text : found->second) out.push_back(asio::ip::make_address(text));
    co_return out;
  }
  std::map<std::string, std::vector<std::string>> names;
  std::vector<std::string> asked;
};

// Records what is dialled, and connects to loopback instead.
struct ScriptedDialer final : Dialer {
  explicit ScriptedDialer(asio::any_io_executor e) : executor(std::move(e)) {}

  asio::awaitable<Result<Socket>> dial(Endpoint endpoint, Deadline) override {
    dialled.push_back(endpoint.address().to_string() + "|" + std::to_string(endpoint.port()));
    if (hanging.contains(endpoint.address().to_string())) {
      asio::steady_timer never(executor, asio::steady_timer::time_point::max());
      const auto [error] = co_await never.async_wait(asio::as_tuple(asio::use_awaitable));
      (void)error;
      ++cancelled;
      co_return fail(codes::kCancelled, Fatality::fatal, "hanging");
    }
    if (refusing.contains(endpoint.address().to_string()))
      co_return fail(codes::kSendingRequest, Fatality::fatal, "refused");
    Socket socket(executor);
    const Endpoint target(asio::ip::address_v4::loopback(), port);
    const auto [error] = co_await socket.async_connect(target, asio::as_tuple(asio::use_awaitable));
    if (error) co_return fail(codes::kSendingRequest, Fatality::fatal, error.message());
    co_return std::move(socket);
  }

  asio::any_io_executor executor;
  std::uint16_t port = 0;  // all connections go to this port
  std::set<std::string> hanging;
  std::set<std::string> refusing;
  std::vector<std::string> dialled;
  int cancelled = 0;
};

struct Listening {
  Fd socket;
  std::uint16_t port = 0;
};
inline Listening listen_on_loopback() {
  Listening out{Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), 0};
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(at);
  auto* address = reinterpret_cast<sockaddr*>(&at);
  if (::bind(out.socket.get(), address, size) != 0 || ::listen(out.socket.get(), 16) != 0 ||
      ::getsockname(out.socket.get(), address, &size) != 0)
    throw std::runtime_error("no listening socket");
  out.port = ntohs(at.sin_port);
  return out;
}

struct ProxyFixture : testing::Test {
  ProxyFixture() {
    Listening listening = listen_on_loopback();
    proxy_port = listening.port;
    slot = proxy.listen(std::move(listening.socket));
    resolver.names = {{"public.example.com", {"93.184.216.34"}}};
  }
  ~ProxyFixture() override {
    slot.reset();
    io.restart();
    io.poll();
  }

  void open(policy::UrlRulesConfig rules = {}, SlotLimits limits = {},
            policy::AddressRulesConfig addresses = {}) {
    auto compiled =
        policy::UrlRules::compile(std::move(rules), policy::AddressRules(std::move(addresses)));
    auto policy = std::make_shared<SlotPolicy>();
    policy->rules = std::make_shared<policy::UrlRules>(std::move(*compiled));
    policy->limits = limits;
    slot->open(std::move(policy));
  }
  void open_with(SlotLimits limits) { open({}, limits); }

  std::unique_ptr<Socket> connect() {
    auto socket = std::make_unique<Socket>(io);
    socket->connect(Endpoint(asio::ip::address_v4::loopback(), proxy_port));
    return socket;
  }
  // Sends, then reads until the proxy closes or `enough` has been received.
  std::string exchange(Socket& socket, std::string_view bytes, std::string_view enough = "") {
    asio::write(socket, asio::buffer(bytes));
    return read(socket, enough);
  }
  std::string read(Socket& socket, std::string_view enough = "") {
    std::string all;
    const auto reading = [](Socket& from, std::string& into,
                            std::string until) -> asio::awaitable<void> {
      std::string piece(65536, '\0');
      for (;;) {
        const auto buffer = asio::buffer(piece);
        const auto [error, count] =
            co_await from.async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
        into.append(piece, 0, count);
        if (error || (!until.empty() && into.ends_with(until))) co_return;
      }
    };
    test::run(io, reading(socket, all, std::string(enough)), kPatience);
    return all;
  }
  std::string ask(std::string_view bytes) {
    const auto socket = connect();
    return exchange(*socket, bytes);
  }
  bool until(std::function<bool()> condition) {
    return test::run_until(io, std::move(condition), kPatience);
  }

  asio::io_context io{1};
  ScriptedResolver resolver;
  ScriptedDialer dialer{io.get_executor()};
  Proxy proxy{io.get_executor(), resolver, dialer};
  std::uint16_t proxy_port = 0;
  std::unique_ptr<Slot> slot;
};

inline std::string connect_to(std::string_view authority) {
  return "CONNECT " + std::string(authority) + " HTTP/1.1\r\nHost: " + std::string(authority) +
         "\r\n\r\n";
}
inline std::string get(std::string_view url, std::string_view more = "") {
  return "GET " + std::string(url) + " HTTP/1.1\r\nHost: x\r\n" + std::string(more) + "\r\n";
}

}  // namespace gvm::egress
