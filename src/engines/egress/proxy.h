#pragma once
// The only way out of a browser: an HTTP proxy that judges every destination, resolves names
// itself and dials only addresses it has judged (docs/browser-isolation.md).
//
// A slot is a listening socket together with whose policy and budget apply to what comes in by it.
// Closed, it answers everything with a refusal. Used only on its executor's thread.
//
// CONNECT opens a tunnel; absolute-form requests are passed on, one a connection. A refusal is
// always the same bare 403, whatever its reason: a page learns nothing about the inside.
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
  std::size_t total_connections = 2000;              // while open
  std::size_t bytes_in = 256 * kMiB;                 // from outside, of all connections together
  std::size_t bytes_out = 16 * kMiB;                 // to outside
  std::size_t header_bytes = 64 * kKiB;              // of a request, and of an answer
  std::chrono::milliseconds request_header{10'000};  // from accepting to the whole header
  std::chrono::milliseconds dns{5'000};
  std::chrono::milliseconds connect{10'000};  // all addresses of a name together
  std::chrono::milliseconds idle{30'000};     // no byte in either direction
  std::chrono::milliseconds total{120'000};   // from open(): everything is cut then
};

struct SlotPolicy {
  std::shared_ptr<const policy::UrlRules> rules;
  SlotLimits limits = {};
};

enum class RefusalReason { closed, malformed, rules, dns, address, connect, limit };
std::string_view name_of(RefusalReason reason);

// For logs and metrics; never for the page.
struct Refused {
  std::string destination;  // "host:port", cut to a sane length
  RefusalReason reason = RefusalReason::rules;
  std::string detail;  // which rule
};

// Since open().
struct SlotUsage {
  static constexpr std::size_t kMaxRefused = 16;  // kept in `refused`; all are counted
  std::size_t connections = 0;                    // accepted
  std::size_t dialled = 0;                        // that reached their destination
  std::size_t open_connections = 0;               // now
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  std::size_t refusals = 0;
  std::vector<Refused> refused;
};

// Connects to one judged address. Tests see here what would be dialled; a route through an
// operator's proxy is another implementation.
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
  // Stops listening and cuts all connections.
  ~Slot();
  Slot(const Slot&) = delete;
  Slot& operator=(const Slot&) = delete;

  // From now on `policy` applies; usage begins anew. Connections of before are cut.
  void open(std::shared_ptr<const SlotPolicy> policy);
  // Cuts all connections at once; everything is refused until the next open(). Returns the usage.
  SlotUsage close();
  bool is_open() const;
  const SlotUsage& usage() const;

 private:
  friend class Proxy;
  class Impl;
  explicit Slot(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

// Of all slots since the start, for metrics.
struct ProxyStats {
  std::size_t connections = 0;
  std::size_t refusals = 0;
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
};

class Proxy {
 public:
  // `resolver` and `dialer` must outlive the proxy and the connections of its slots, which end
  // with a turn of the executor after ~Slot.
  Proxy(asio::any_io_executor executor, net::Resolver& resolver, Dialer& dialer,
        log::Logger log = {});
  ~Proxy();
  Proxy(const Proxy&) = delete;
  Proxy& operator=(const Proxy&) = delete;

  // Takes over a listening TCP socket, also one of another network namespace. The slot is closed.
  std::unique_ptr<Slot> listen(Fd listener);
  ProxyStats stats() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gvm::egress
