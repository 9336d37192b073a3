#pragma once
// Spans: what was done for one request, with its times. All spans of a request are collected on its
// lane and leave it together when the last of them has ended.
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/deadline.h"
#include "trace/context.h"

namespace gvm::trace {

class SpanQueue;

// Numbers as OTLP has them.
enum class Kind : std::uint8_t { internal = 1, server = 2, client = 3 };

struct Attribute {
  std::string_view key;  // a literal
  std::variant<std::string, std::int64_t, double, bool> value;
};

struct SpanData {
  SpanContext context;
  SpanId parent{};  // zeros: none
  std::string name;
  Kind kind = Kind::internal;
  std::int64_t start_ns = 0;  // since 1970
  std::int64_t end_ns = 0;
  std::vector<Attribute> attributes;
  bool failed = false;
};

class Recording;

// One piece of work, from its construction to end() or its destruction. An empty one records
// nothing: whoever has it needs not ask whether there are traces. Used on one lane.
class Span {
 public:
  static constexpr std::size_t kMostAttributes = 32;  // further ones are left out
  static constexpr std::size_t kMostText = 256;       // bytes of a text; the rest is cut

  Span() = default;
  ~Span() { end(); }
  Span(Span&&) noexcept = default;
  Span& operator=(Span&& other) noexcept;
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  // Of the same recording; empty when this is.
  Span child(std::string_view name, Kind kind) const;
  void end();

  void name(std::string_view name);
  // `key` is a literal; set again, it has the last value. Texts of strangers are cut; secrets are
  // removed before they are sent.
  void set(std::string_view key, std::string_view text);
  void set(std::string_view key, const char* text) { set(key, std::string_view(text)); }
  void set(std::string_view key, std::int64_t number);
  void set(std::string_view key, double number);
  void set(std::string_view key, bool flag);
  // error.type: a code or another short word. What is neither becomes "_OTHER": a script's own
  // error may hold anything.
  void error_type(std::string_view type);
  // The same, and the work has failed.
  void fail(std::string_view type);

  bool recorded() const { return data_ != nullptr; }
  // What the server called `name` is told: empty when `propagate` does not list it, or this span is
  // empty.
  std::string traceparent_for(std::string_view name) const;

 private:
  friend class Recording;
  std::shared_ptr<Recording> recording_;
  std::unique_ptr<SpanData> data_;  // null: the trace goes on, but is not recorded
};

// Of one request.
class Recording : public std::enable_shared_from_this<Recording> {
 public:
  static constexpr std::size_t kMostSpans = 256;  // of a request; further ones are counted

  // `parent`: of the caller. Not sampled: spans only pass it on.
  Recording(std::shared_ptr<SpanQueue> queue, SpanContext parent, bool has_parent);
  ~Recording();
  Recording(const Recording&) = delete;
  Recording& operator=(const Recording&) = delete;

  Span begin(std::string_view name, Kind kind);

 private:
  friend class Span;
  Span begin_below(const SpanId& parent, std::string_view name, Kind kind);
  std::int64_t now_ns() const;
  void take(SpanData span);

  std::shared_ptr<SpanQueue> queue_;
  SpanContext parent_;
  bool has_parent_;
  std::size_t begun_ = 0;
  std::vector<SpanData> spans_;
  // Times are differences of the monotonic clock to one look at the wall clock.
  Clock::time_point began_ = Clock::now();
  std::chrono::system_clock::time_point began_wall_ = std::chrono::system_clock::now();
};

}  // namespace gvm::trace
