#include "trace/span.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "trace/span_queue.h"

namespace gvm::trace {
namespace {

constexpr std::size_t kUsualSpans = 4;  // request, host call, attempt and another one
constexpr std::size_t kUsualAttributes = 12;

// Not within a character; what is no UTF-8 is replaced when it is written.
std::string_view cut(std::string_view text) {
  if (text.size() <= Span::kMostText) return text;
  std::size_t end = Span::kMostText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

template <class T>
void add(SpanData* data, std::string_view key, T&& value) {
  if (data == nullptr) return;
  auto& all = data->attributes;
  if (const auto same = std::ranges::find(all, key, &Attribute::key); same != all.end()) {
    same->value = std::forward<T>(value);
  } else if (all.size() < Span::kMostAttributes) {
    all.push_back({key, std::forward<T>(value)});
  }
}

bool is_word(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && std::ranges::all_of(text, [](char c) {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

}  // namespace

Span& Span::operator=(Span&& other) noexcept {
  if (this == &other) return *this;
  end();
  recording_ = std::move(other.recording_);
  data_ = std::move(other.data_);
  return *this;
}

Span Span::child(std::string_view name, Kind kind) const {
  if (recording_ == nullptr) return {};
  return recording_->begin_below(data_ ? data_->context.span : SpanId{}, name, kind);
}

void Span::end() {
  if (data_) {
    data_->end_ns = recording_->now_ns();
    recording_->take(std::move(*data_));
    data_.reset();
  }
  recording_.reset();
}

void Span::name(std::string_view name) {
  if (data_) data_->name = cut(name);
}

void Span::set(std::string_view key, std::string_view text) {
  if (data_) add(data_.get(), key, std::string(cut(text)));
}

void Span::set(std::string_view key, std::int64_t number) {
  add(data_.get(), key, number);
}

void Span::set(std::string_view key, double number) {
  add(data_.get(), key, number);
}

void Span::set(std::string_view key, bool flag) {
  add(data_.get(), key, flag);
}

void Span::error_type(std::string_view type) {
  set("error.type", is_word(type) ? type : "_OTHER");
}

void Span::fail(std::string_view type) {
  if (!data_) return;
  data_->failed = true;
  error_type(type);
}

std::string Span::traceparent_for(std::string_view name) const {
  if (recording_ == nullptr || !recording_->queue_->passes_to(name)) return {};
  return traceparent_of(data_ ? data_->context : recording_->parent_);
}

Recording::Recording(std::shared_ptr<SpanQueue> queue, SpanContext parent, bool has_parent)
    : queue_(std::move(queue)), parent_(parent), has_parent_(has_parent) {}

Recording::~Recording() {
  if (!spans_.empty()) queue_->push(std::move(spans_));
}

Span Recording::begin(std::string_view name, Kind kind) {
  return begin_below(has_parent_ ? parent_.span : SpanId{}, name, kind);
}

Span Recording::begin_below(const SpanId& parent, std::string_view name, Kind kind) {
  Span span;
  if (parent_.sampled && begun_ == kMostSpans) {
    queue_->count_dropped(1);
    return span;
  }
  span.recording_ = shared_from_this();
  if (!parent_.sampled) return span;
  if (++begun_ == 1) spans_.reserve(kUsualSpans);
  span.data_ = std::make_unique<SpanData>();
  auto& data = *span.data_;
  data.context = {.trace = parent_.trace, .span = new_span_id(), .sampled = true};
  data.parent = parent;
  data.name = cut(name);
  data.kind = kind;
  data.start_ns = now_ns();
  data.attributes.reserve(kUsualAttributes);
  return span;
}

std::int64_t Recording::now_ns() const {
  using std::chrono::duration_cast;
  using std::chrono::nanoseconds;
  const auto wall = duration_cast<nanoseconds>(began_wall_.time_since_epoch());
  return (wall + duration_cast<nanoseconds>(Clock::now() - began_)).count();
}

void Recording::take(SpanData span) {
  spans_.push_back(std::move(span));
}

}  // namespace gvm::trace
