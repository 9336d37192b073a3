#include "trace/context.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "base/encoding.h"

namespace gvm::trace {
namespace {

constexpr std::size_t kTraceDigits = 32;
constexpr std::size_t kSpanDigits = 16;
constexpr std::size_t kLength = 2 + 1 + kTraceDigits + 1 + kSpanDigits + 1 + 2;
constexpr std::size_t kTraceAt = 3;
constexpr std::size_t kSpanAt = kTraceAt + kTraceDigits + 1;
constexpr std::size_t kFlagsAt = kSpanAt + kSpanDigits + 1;
constexpr char kSampled = 1;

// hex_decode takes capitals as well, which the standard forbids.
bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

template <class Id>
bool read_id(std::string_view digits, Id& id) {
  const auto bytes = is_lower_hex(digits) ? hex_decode(digits) : std::nullopt;
  if (!bytes || bytes->size() != id.size()) return false;
  std::ranges::copy(*bytes, id.begin());
  return std::ranges::any_of(id, [](char c) { return c != 0; });
}

// SplitMix64; each thread has its own.
std::uint64_t random_bits() {
  thread_local std::uint64_t state = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

template <class Id>
Id new_id() {
  Id id{};
  for (std::size_t at = 0; at < id.size(); at += sizeof(std::uint64_t)) {
    const std::uint64_t bits = random_bits() | 1;  // not zero
    std::memcpy(id.data() + at, &bits, sizeof bits);
  }
  return id;
}

}  // namespace

std::optional<SpanContext> parse_traceparent(std::string_view text) {
  if (text.size() < kLength) return std::nullopt;
  const auto version = text.substr(0, 2);
  const auto flags = text.substr(kFlagsAt, 2);
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(flags)) return std::nullopt;
  if (text[kTraceAt - 1] != '-' || text[kSpanAt - 1] != '-' || text[kFlagsAt - 1] != '-')
    return std::nullopt;
  const auto rest = text.substr(kLength);
  if (!rest.empty() && (version == "00" || rest.front() != '-')) return std::nullopt;
  SpanContext context;
  if (!read_id(text.substr(kTraceAt, kTraceDigits), context.trace)) return std::nullopt;
  if (!read_id(text.substr(kSpanAt, kSpanDigits), context.span)) return std::nullopt;
  context.sampled = ((*hex_decode(flags))[0] & kSampled) != 0;
  return context;
}

std::string traceparent_of(const SpanContext& context) {
  std::string text = "00-";
  text += hex_encode({context.trace.data(), context.trace.size()});
  text += '-';
  text += hex_encode({context.span.data(), context.span.size()});
  text += context.sampled ? "-01" : "-00";
  return text;
}

TraceId new_trace_id() {
  return new_id<TraceId>();
}

SpanId new_span_id() {
  return new_id<SpanId>();
}

}  // namespace gvm::trace
