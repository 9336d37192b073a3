#pragma once
// Resolves names to addresses. One resolver per lane, used on that lane's thread only. It checks
// nothing: the caller checks every address of the answer, and pins the ones it dials.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "net/address_policy.h"

namespace gvm::net {

namespace asio = boost::asio;

class Resolver {
 public:
  virtual ~Resolver() = default;

  // All addresses of `host` (an ASCII name without trailing dot), IPv6 first, never empty. An IP
  // literal (without brackets) is its own answer. No answer is an error:
  //   SENDING_REQUEST    ctx.kind dns; ctx.dns says which: no_name, no_address, refused, failed,
  //                      bad_name
  //   DEADLINE_EXCEEDED  ctx.timeout dns or deadline
  //   CANCELLED          the awaiting coroutine was cancelled; others that wait for the same name
  //                      are not disturbed
  virtual asio::awaitable<Result<Addresses>> resolve(std::string host, Deadline deadline) = 0;
};

struct ResolverOptions {
  std::vector<std::string> servers;  // "host:port" or "host", IPv6 in brackets; empty: resolv.conf
  std::chrono::milliseconds timeout{5'000};      // one lookup with all its attempts
  std::chrono::milliseconds try_timeout{2'000};  // the first attempt at one server
  int tries = 3;                                 // at each server
  std::chrono::milliseconds max_ttl{60'000};     // an answer is kept for its TTL, at most this long
  std::chrono::milliseconds negative_ttl{2'000};  // "no such name" is kept; failures are not
  std::size_t max_entries = 10'000;               // of the cache; the oldest are dropped
  std::size_t max_addresses = 16;         // of one name, of both families; others are dropped
  std::size_t max_lookups = 1024;         // at the same time; further ones are refused
  std::string hosts_file = "/etc/hosts";  // asked first; empty: not at all
};

struct ResolverStats {
  std::size_t lookups = 0;  // that sent a query to a server
  std::size_t cached = 0;   // answered from the cache
  std::size_t joined = 0;   // that waited for a lookup already under way
  std::size_t failed = 0;
};

// On c-ares, driven by the lane's io_context.
class CaresResolver final : public Resolver {
 public:
  CaresResolver(asio::io_context& context, ResolverOptions options);
  ~CaresResolver() override;
  CaresResolver(const CaresResolver&) = delete;
  CaresResolver& operator=(const CaresResolver&) = delete;

  asio::awaitable<Result<Addresses>> resolve(std::string host, Deadline deadline) override;

  ResolverStats stats() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace gvm::net
