#pragma once
// Which trace a piece of work belongs to, and the header that says so: W3C Trace Context, level 1.
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gvm::trace {

using TraceId = std::array<char, 16>;
using SpanId = std::array<char, 8>;

struct SpanContext {
  TraceId trace{};
  SpanId span{};
  bool sampled = false;  // whoever began the trace records it
};

// Empty for whatever is not exactly a traceparent: capitals, ids of zeros, version ff, or anything
// behind the four fields of version 00. Fields that later versions append are not read.
std::optional<SpanContext> parse_traceparent(std::string_view text);
// "00-TRACE-SPAN-01", the last part 00 when it is not sampled.
std::string traceparent_of(const SpanContext& context);

// Never zeros. Unique, not secret.
TraceId new_trace_id();
SpanId new_span_id();

}  // namespace gvm::trace
