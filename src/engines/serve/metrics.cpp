#include "serve/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

namespace gvm::serve {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

double sum(const CountersPerLane& lanes, auto&& pick) {
  std::uint64_t total = 0;
  for (const auto& lane : lanes) total += pick(*lane).get();
  return static_cast<double>(total);
}

class Families {
 public:
  explicit Families(const CountersPerLane& lanes) : lanes_(lanes) {}

  void gauge(std::string name, std::string help, double value) {
    ClientMetric metric;
    metric.gauge.value = value;
    family(std::move(name), std::move(help), MetricType::Gauge).metric.push_back(std::move(metric));
  }

  void counter(std::string name, std::string help, Count LaneCounters::* member) {
    auto& out = family(std::move(name), std::move(help), MetricType::Counter);
    add(out, sum(lanes_, [&](const LaneCounters& c) -> const Count& { return c.*member; }));
  }

  // One time series a name in `values`, under `label`.
  template <std::size_t N>
  void labelled(std::string name, std::string help, const std::string& label,
                const std::array<const char*, N>& values,
                std::array<Count, N> LaneCounters::* member) {
    auto& out = family(std::move(name), std::move(help), MetricType::Counter);
    for (std::size_t i = 0; i < N; ++i) {
      add(out, sum(lanes_, [&](const LaneCounters& c) -> const Count& { return (c.*member)[i]; }));
      out.metric.back().label.push_back({label, values[i]});
    }
  }

  void framings() {
    auto& out = family("genvm_serve_sessions_total", "Sessions begun.", MetricType::Counter);
    add(out, sum(lanes_, [](const auto& c) -> const Count& { return c.sessions_websocket; }));
    out.metric.back().label.push_back({"framing", "websocket"});
    add(out, sum(lanes_, [](const auto& c) -> const Count& { return c.sessions_framed; }));
    out.metric.back().label.push_back({"framing", "length_prefixed"});
  }

  void durations() {
    auto& out = family("genvm_serve_request_duration_seconds",
                       "From a request's start to its reply.", MetricType::Histogram);
    ClientMetric metric;
    std::uint64_t cumulative = 0;
    for (std::size_t i = 0; i <= kDurationBounds.size(); ++i) {
      for (const auto& lane : lanes_) cumulative += lane->durations.bucket(i);
      const bool last = i == kDurationBounds.size();
      const double bound = last ? std::numeric_limits<double>::infinity() : kDurationBounds[i];
      metric.histogram.bucket.push_back({cumulative, bound});
    }
    metric.histogram.sample_count = cumulative;
    for (const auto& lane : lanes_) metric.histogram.sample_sum += lane->durations.sum_seconds();
    out.metric.push_back(std::move(metric));
  }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  MetricFamily& family(std::string name, std::string help, MetricType type) {
    return families_.emplace_back(MetricFamily{std::move(name), std::move(help), type, {}});
  }
  static void add(MetricFamily& out, double value) {
    ClientMetric metric;
    metric.counter.value = value;
    out.metric.push_back(std::move(metric));
  }

  const CountersPerLane& lanes_;
  std::vector<MetricFamily> families_;
};

}  // namespace

void Durations::add(std::chrono::nanoseconds span) {
  const double seconds = std::chrono::duration<double>(span).count();
  const auto bound = std::lower_bound(kDurationBounds.begin(), kDurationBounds.end(), seconds);
  buckets_[static_cast<std::size_t>(bound - kDurationBounds.begin())].add(1);
  sum_ns_.add(static_cast<std::uint64_t>(span.count()));
}

std::string metrics_text(const CountersPerLane& lanes, std::size_t sessions_open,
                         std::size_t connections_open, double uptime_seconds) {
  Families out(lanes);
  out.gauge("genvm_serve_uptime_seconds", "Since the server was made.", uptime_seconds);
  out.gauge("genvm_serve_sessions_open", "Sessions now.", static_cast<double>(sessions_open));
  out.gauge("genvm_serve_connections_open", "Connections now, sessions among them.",
            static_cast<double>(connections_open));
  out.counter("genvm_serve_connections_total", "Connections accepted.", &LaneCounters::connections);
  out.framings();
  out.labelled("genvm_serve_refused_total", "Connections turned away, by limit.", "limit",
               kRefusalNames, &LaneCounters::refused);
  out.labelled("genvm_serve_requests_total", "Requests by outcome.", "outcome", kOutcomeNames,
               &LaneCounters::requests);
  out.durations();
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
  return out.text();
}

}  // namespace gvm::serve
