#include "trace/tracer.h"

#include <cmath>
#include <cstring>
#include <utility>

#include "trace/exporter.h"

namespace gvm::trace {
namespace {

// By the trace's id, so that whoever samples the same trace by the same rule decides alike.
bool is_sampled(const TraceId& id, double rate) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, id.data() + sizeof bits, sizeof bits);
  return std::ldexp(static_cast<double>(bits >> 11), -53) < rate;
}

}  // namespace

Tracer::Tracer(TracerOptions options, std::shared_ptr<const Redactor> redactor, log::Logger logger,
               std::shared_ptr<Counters> counters)
    : counters_(counters ? std::move(counters) : std::make_shared<Counters>()),
      queue_(std::make_shared<SpanQueue>(
          options.max_queue, SpanQueue::Names(options.propagate.begin(), options.propagate.end()),
          counters_)),
      sample_(options.sample),
      sender_([options = std::move(options), redactor = std::move(redactor),
               logger = std::move(logger), queue = queue_, counters = counters_]() mutable {
        Exporter(std::move(options), std::move(redactor), std::move(logger), std::move(queue),
                 std::move(counters))
            .run();
      }) {}

Tracer::~Tracer() {
  queue_->close();
  sender_.join();
}

Span Tracer::begin_request(std::string_view name, const std::optional<SpanContext>& parent) const {
  SpanContext context = parent.value_or(SpanContext{});
  if (!parent) {
    context.trace = new_trace_id();
    context.sampled = is_sampled(context.trace, sample_);
  }
  const bool passes_on = parent && queue_->passes_on();
  if (!context.sampled && !passes_on) return {};
  return std::make_shared<Recording>(queue_, context, parent.has_value())
      ->begin(name, Kind::server);
}

void Tracer::write_to(metrics::Exposition& out) const {
  using metrics::Type;
  const auto& c = *counters_;
  out.family("genvm_trace_spans_total", Type::counter, "Spans of traces, by what became of them.")
      .sample(c.sent.load(), {{"outcome", "sent"}})
      .sample(c.dropped.load(), {{"outcome", "dropped"}})
      .sample(c.failed.load(), {{"outcome", "failed"}})
      .sample(c.refused.load(), {{"outcome", "refused"}});
  out.family("genvm_trace_retries_total", Type::counter, "Batches of spans sent again.")
      .sample(c.retries.load());
  out.family("genvm_trace_waiting", Type::gauge, "Spans that wait to be sent.")
      .sample(queue_->size());
}

}  // namespace gvm::trace
