#pragma once
// The only way out of a browser: an HTTP proxy that checks every destination, resolves names
// itself, and dials only addresses that it has checked (docs/browser-isolation.md).
//
// A slot is a listening socket, together with the policy and the budget that apply to its
// connections. A closed slot refuses every request. Used only on its executor's thread.
//
// CONNECT opens a tunnel; absolute-form requests are relayed, one per connection. A refusal is
// always the same 403 without a reason, so that a page learns nothing about the internal network.
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/log.h"
#include "base/size.h"
#include "net/resolver.h"
#include "policy/url_rules.h"

namespace gvm::egress {

namespace asio = boost::asio;
using Socket = asio::ip::tcp::socket;

// Zero means "no limit of this kind".
struct SlotLimits {
  std::size_t connections = 64;                      // at the same time; further ones are refused
  std::size_t total_connections = 2000;              // since open()
  std::size_t bytes_in = 256 * kMiB;                 // from outside, of all connections together
  std::size_t bytes_out = 16 * kMiB;                 // to outside
  std::size_t header_bytes = 64 * kKiB;              // of a request, and of an answer
  std::chrono::milliseconds request_header{10'000};  // from accepting to the whole header
  std::chrono::milliseconds dns{5'000};
  std::chrono::milliseconds connect{10'000};  // all addresses of a name together
  std::chrono::milliseconds idle{30'000};     // no byte in either direction
  std::chrono::milliseconds total{120'000};   // from open(): all connections are then closed
};

struct SlotPolicy {
  std::shared_ptr<const policy::UrlRules> rules;
  SlotLimits limits = {};
};

enum class RefusalReason { closed, malformed, rules, dns, address, connect, limit };
std::string_view name_of(RefusalReason reason);

// For logs and metrics; never shown to the page.
struct Refused {
  std::string destination;  // "host:port", shortened to a bounded length
  RefusalReason reason = RefusalReason::rules;
  std::string detail;  // the rule that refused it
};

// Usage since open().
struct SlotUsage {
  // Entries kept in `refused`; all refusals are counted.
  static constexpr std::size_t kMaxRefused = 16;
  std::size_t connections = 0;       // accepted
  std::size_t dialled = 0;           // that reached their destination
  std::size_t open_connections = 0;  // now
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  std::size_t refusals = 0;
  std::vector<Refused> refused;
};

// Connects to one checked address. Tests replace it and see what would be dialled; a route through
// an operator's proxy is another implementation.
class Dialer {
 public:
  virtual ~Dialer() = default;
  virtual asio::awaitable<Result<Socket>> dial(asio::ip::tcp::endpoint endpoint,
                                               Deadline deadline) = 0;
};

// Plain TCP.
class DirectDialer final : public Dialer {
 public:
  explicit DirectDialer(asio::any_io_executor executor) : executor_(std::move(executor)) {}
  asio::awaitable<Result<Socket>> dial(asio::ip::tcp::endpoint endpoint,
                                       Deadline deadline) override;

 private:
  asio::any_io_executor executor_;
};

class Slot {
 public:
  // Stops listening and closes all connections.
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // From now on `policy` applies, and usage starts at zero. Earlier connections are closed.
  void open(std::shared_ptr<const SlotPolicy> policy);
  // Closes all connections at once; everything is refused until the next open(). Returns the usage.
  SlotUsage close();
  bool is_open() const;
  const SlotUsage& usage() const;

 private:
  friend class Proxy;
  class Impl;
  explicit Slot(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// Sums over all slots since the start, for metrics.
struct ProxyStats {
  std::size_t connections = 0;
  std::size_t refusals = 0;
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
};

class Proxy {
 public:
  // `resolver` and `dialer` must outlive the proxy and the connections of its slots. Those end one
  // turn of the executor after ~Slot.
  Proxy(asio::any_io_executor executor, net::Resolver& resolver, Dialer& dialer,
        log::Logger log = {});
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // Takes over a listening TCP socket; it may belong to another network namespace. The slot is
  // closed at first.
  std::unique_ptr<Slot> listen(Fd listener);
  ProxyStats stats() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gvm::egress
