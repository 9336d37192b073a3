#pragma once
// Traces of what a module does, sent to a collector by OTLP over HTTP. The thread that sends has an
// HTTP client of its own; lanes only put ended spans into a queue.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/redactor.h"
#include "net/http_client_options.h"
#include "net/http_header.h"
#include "trace/otlp.h"
#include "trace/span.h"
#include "trace/span_queue.h"

namespace gvm::trace {

struct TracerOptions {
  std::string endpoint;  // the whole URL: http://127.0.0.1:4318/v1/traces
  std::vector<net::SecretHeader> headers;
  double sample = 0.1;                       // of the requests whose caller has no trace
  std::vector<std::string> propagate;        // servers that are told the trace
  std::chrono::milliseconds timeout{5'000};  // of one batch
  std::size_t max_queue = 8'192;             // spans
  Resource resource;
  net::HttpClientOptions http;
};

// Made and destroyed off the lanes; used on any.
class Tracer {
 public:
  // `counters`: of the one before, so that they go on; null: new ones.
  Tracer(TracerOptions options, std::shared_ptr<const Redactor> redactor, log::Logger logger,
         std::shared_ptr<Counters> counters = nullptr);
  // Sends what waits, for a second at most.
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // A request comes. With a parent its flag decides whether the request is recorded, else
  // `sample`.
  Span begin_request(std::string_view name, const std::optional<SpanContext>& parent) const;

  const std::shared_ptr<Counters>& counters() const { return counters_; }
  // genvm_trace_...
  void write_to(metrics::Exposition& out) const;

 private:
  std::shared_ptr<Counters> counters_;
  std::shared_ptr<SpanQueue> queue_;
  double sample_;
  std::thread sender_;
};

}  // namespace gvm::trace
