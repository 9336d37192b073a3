#pragma once
// What the server counts. Each lane writes its own counters (one writer, so no read-modify-write
// instruction); a scrape adds them up.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/metrics.h"

namespace gvm::serve {

// Written by one thread, read by any.
class Count {
 public:
  void add(std::uint64_t n) {
    value_.store(value_.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// Why a connection was turned away.
enum class RefusalReason : std::uint8_t {
  sessions,
  address,
  connections,
  stopping,
  origin,
  memory,
  peer_address,
  peer_user,
  peer_token,
  admin_connections,
  admin_token,  // a wrong one
  watcher       // who watches the module must be on this machine, or show the admin token
};
inline constexpr std::array<const char*, 12> kRefusalNames{"max_sessions",
                                                           "max_sessions_per_address",
                                                           "max_other_connections",
                                                           "shutting_down",
                                                           "allowed_origins",
                                                           "max_memory",
                                                           "peer_address",
                                                           "peer_user",
                                                           "peer_token",
                                                           "admin_connections",
                                                           "admin_token",
                                                           "watcher"};

// How a connection to a port with TLS began. `left`: the peer went away, or was silent for too
// long.
enum class TlsOutcome : std::uint8_t { secured, plain_text, failed, left };
inline constexpr std::array<const char*, 4> kTlsOutcomeNames{"secured", "plain_text", "failed",
                                                             "left"};

// Which limit a request was beyond, and the limit's key.
enum class Overload : std::uint8_t { requests, memory, lane_delay };
inline constexpr std::array<const char*, 3> kOverloadNames{"max_requests", "max_memory",
                                                           "max_lane_delay"};

enum class RequestOutcome : std::uint8_t {
  answered,
  deadline,
  cancelled,
  failed,
  dropped,
  refused
};
inline constexpr std::array<const char*, 6> kOutcomeNames{"answered", "deadline", "cancelled",
                                                          "failed",   "dropped",  "refused"};

// Upper bounds of the request duration histogram, in seconds.
inline constexpr std::array<double, 17> kDurationBounds{
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};

class Durations {
 public:
  void add(std::chrono::nanoseconds span);
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].get(); }
  double sum_seconds() const { return static_cast<double>(sum_ns_.get()) / 1e9; }

 private:
  std::array<Count, kDurationBounds.size() + 1> buckets_;  // the last one: longer than every bound
  Count sum_ns_;
};

struct alignas(64) LaneCounters {
  Count connections;
  Count sessions_websocket;
  Count sessions_framed;
  Count http_requests;
  Count frames_in;
  Count frames_out;
  Count bytes_in;   // payload
  Count bytes_out;  // payload
  Count pings;
  Count violations;  // of a framing, oversize among them
  Count hellos_refused;
  Count write_timeouts;
  std::array<Count, kOutcomeNames.size()> requests;
  std::array<Count, kRefusalNames.size()> refused;
  std::array<Count, kTlsOutcomeNames.size()> tls;
  std::array<Count, kOverloadNames.size()> overloaded;
  Durations durations;
  Durations rounds;  // of the lane's queue, while requests come
};

using CountersPerLane = std::vector<std::unique_ptr<LaneCounters>>;

struct OpenNow {
  std::size_t sessions = 0;
  std::size_t connections = 0;
  std::size_t requests = 0;
  double uptime_seconds = 0;
};

// The server's own metrics.
void write_metrics(metrics::Exposition& exposition, const CountersPerLane& lanes,
                   const OpenNow& open);

}  // namespace gvm::serve
