#pragma once
// The thread behind a Tracer: takes spans from the queue, writes them as OTLP and sends them, again
// when that may help. Owned by that thread.
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "base/sampled_logger.h"
#include "net/http_client.h"
#include "trace/tracer.h"

namespace gvm::trace {

class Exporter {
 public:
  static constexpr unsigned kAttempts = 5;                    // of a batch
  static constexpr std::chrono::milliseconds kInterval{500};  // the longest wait for a batch
  static constexpr std::chrono::milliseconds kFirstPause{1'000};
  static constexpr std::chrono::milliseconds kLongestPause{30'000};  // also of Retry-After
  static constexpr std::chrono::milliseconds kAfterClose{1'000};     // for everything together

  Exporter(TracerOptions options, std::shared_ptr<const Redactor> redactor, log::Logger logger,
           std::shared_ptr<SpanQueue> queue, std::shared_ptr<Counters> counters);

  // Until the queue is closed, and then for kAfterClose at most.
  void run();

 private:
  enum class Outcome { delivered, again, lost };
  struct Sent {
    Outcome outcome;
    std::optional<std::chrono::milliseconds> wait = std::nullopt;  // that the collector asks for
    std::string why = {};
  };

  void deliver(const std::vector<SpanData>& batch);
  Sent send(const std::string& body, std::size_t spans);
  net::HttpResult exchange(const std::string& body);
  // Whether the time that is left after close() is over.
  bool out_of_time();

  TracerOptions options_;
  std::shared_ptr<const Redactor> redactor_;
  log::SampledLogger logger_;
  std::shared_ptr<SpanQueue> queue_;
  std::shared_ptr<Counters> counters_;
  std::optional<Clock::time_point> give_up_;
  boost::asio::io_context context_{1};
  net::HttpClient http_;
};

}  // namespace gvm::trace
