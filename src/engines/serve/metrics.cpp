#include "serve/metrics.h"

#include <algorithm>

namespace gvm::serve {
namespace {

using metrics::Type;

std::uint64_t sum(const CountersPerLane& lanes, auto&& pick) {
  std::uint64_t total = 0;
  for (const auto& lane : lanes) total += pick(*lane).get();
  return total;
}

// The counters of all lanes, added up.
class LaneMetrics {
 public:
  LaneMetrics(metrics::Exposition& out, const CountersPerLane& lanes) : out_(out), lanes_(lanes) {}

  void counter(std::string_view name, std::string_view help, Count LaneCounters::* member) {
    out_.family(name, Type::counter, help)
        .sample(sum(lanes_, [&](const LaneCounters& c) -> const Count& { return c.*member; }));
  }

  // One time series a name in `values`, under `label`.
  template <std::size_t N>
  void labelled(std::string_view name, std::string_view help, std::string_view label,
                const std::array<const char*, N>& values,
                std::array<Count, N> LaneCounters::* member) {
    auto family = out_.family(name, Type::counter, help);
    for (std::size_t i = 0; i < N; ++i) {
      const auto pick = [&](const LaneCounters& c) -> const Count& { return (c.*member)[i]; };
      family.sample(sum(lanes_, pick), {{label, values[i]}});
    }
  }

  void framings() {
    const auto websocket = [](const auto& c) -> const Count& { return c.sessions_websocket; };
    const auto framed = [](const auto& c) -> const Count& { return c.sessions_framed; };
    out_.family("genvm_serve_sessions_total", Type::counter, "Sessions begun.")
        .sample(sum(lanes_, websocket), {{"framing", "websocket"}})
        .sample(sum(lanes_, framed), {{"framing", "length_prefixed"}});
  }

  void durations(std::string_view name, std::string_view help, Durations LaneCounters::* member) {
    std::array<std::uint64_t, kDurationBounds.size() + 1> counts{};
    double seconds = 0;
    for (const auto& lane : lanes_) {
      for (std::size_t i = 0; i < counts.size(); ++i) counts[i] += ((*lane).*member).bucket(i);
      seconds += ((*lane).*member).sum_seconds();
    }
    out_.histogram(name, help, kDurationBounds, counts, seconds);
  }

 private:
  metrics::Exposition& out_;
  const CountersPerLane& lanes_;
};

}  // namespace

void Durations::add(std::chrono::nanoseconds span) {
  const double seconds = std::chrono::duration<double>(span).count();
  const auto bound = std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), seconds);
  buckets_[static_cast<std::size_t>(bound - kDurationBounds.begin())].add(1);
  sum_ns_.add(static_cast<std::uint64_t>(span.count()));
}

void write_metrics(metrics::Exposition& exposition, const CountersPerLane& lanes,
                   const OpenNow& open) {
  exposition.family("genvm_serve_uptime_seconds", Type::gauge, "Since the server was made.")
      .sample(open.uptime_seconds);
  exposition.family("genvm_serve_sessions_open", Type::gauge, "Sessions now.")
      .sample(open.sessions);
  exposition
      .family("genvm_serve_connections_open", Type::gauge, "Connections now, sessions among them.")
      .sample(open.connections);
  exposition.family("genvm_serve_requests_running", Type::gauge, "Requests now.")
      .sample(open.requests);
  LaneMetrics out(exposition, lanes);
  out.counter("genvm_serve_connections_total", "Connections accepted.", &LaneCounters::connections);
  out.framings();
  out.labelled("genvm_serve_refused_total", "Connections turned away, by limit.", "limit",
               kRefusalNames, &LaneCounters::refused);
  out.labelled("genvm_serve_tls_handshakes_total",
               "Connections to a port with TLS, by how they began.", "outcome", kTlsOutcomeNames,
               &LaneCounters::tls);
  out.labelled("genvm_serve_requests_total", "Requests by outcome.", "outcome", kOutcomeNames,
               &LaneCounters::requests);
  out.labelled("genvm_serve_overloaded_total",
               "Requests answered OVERLOADED, by limit; the outcome `refused`.", "limit",
               kOverloadNames, &LaneCounters::overloaded);
  out.durations("genvm_serve_request_duration_seconds", "From a request's start to its reply.",
                &LaneCounters::durations);
  out.durations("genvm_serve_lane_delay_seconds",
                "Until a lane comes to what has become due, measured while requests come.",
                &LaneCounters::rounds);
  out.counter("genvm_serve_http_requests_total", "Plain HTTP requests.",
              &LaneCounters::http_requests);
  out.counter("genvm_serve_messages_in_total", "Messages from peers.", &LaneCounters::frames_in);
  out.counter("genvm_serve_messages_out_total", "Messages to peers.", &LaneCounters::frames_out);
  out.counter("genvm_serve_bytes_in_total", "Payload bytes from peers.", &LaneCounters::bytes_in);
  out.counter("genvm_serve_bytes_out_total", "Payload bytes to peers.", &LaneCounters::bytes_out);
  out.counter("genvm_serve_pings_total", "Pings from peers.", &LaneCounters::pings);
  out.counter("genvm_serve_violations_total", "Connections closed for a protocol violation.",
              &LaneCounters::violations);
  out.counter("genvm_serve_hellos_refused_total", "Connections closed for a broken hello.",
              &LaneCounters::hellos_refused);
  out.counter("genvm_serve_write_timeouts_total",
              "Connections closed because the peer did not read.", &LaneCounters::write_timeouts);
}

}  // namespace gvm::serve
