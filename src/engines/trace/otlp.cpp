#include "trace/otlp.h"

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/json_writer.h"
#include "text/json.h"

namespace gvm::trace {
namespace {

constexpr int kStatusError = 2;
constexpr int kSampledFlag = 1;

class RequestWriter {
 public:
  RequestWriter(std::string& out, const Redactor& redactor) : json_(out), redactor_(redactor) {}

  void request(const Resource& resource, std::span<const SpanData> spans) {
    json_.begin_object();
    begin_only_item("resourceSpans");
    write_resource(resource);
    begin_only_item("scopeSpans");
    write_scope(resource);
    json_.key("spans");
    json_.begin_array();
    for (const auto& one : spans) write_span(one);
    json_.end_array();
    end_only_item();
    end_only_item();
    json_.end_object();
  }

 private:
  void begin_only_item(std::string_view list) {
    json_.key(list);
    json_.begin_array();
    json_.begin_object();
  }
  void end_only_item() {
    json_.end_object();
    json_.end_array();
  }

  void write_resource(const Resource& resource) {
    json_.key("resource");
    json_.begin_object();
    json_.key("attributes");
    json_.begin_array();
    attribute({"service.name", resource.service_name});
    attribute({"service.version", resource.service_version});
    attribute({"service.instance.id", resource.instance});
    json_.end_array();
    json_.end_object();
  }

  void write_scope(const Resource& resource) {
    json_.key("scope");
    json_.begin_object();
    member("name", "genvm-modules");
    member("version", resource.service_version);
    json_.end_object();
  }

  void write_span(const SpanData& span) {
    json_.begin_object();
    id("traceId", span.context.trace);
    id("spanId", span.context.span);
    if (std::ranges::any_of(span.parent, [](char c) { return c != 0; }))
      id("parentSpanId", span.parent);
    json_.key("flags");
    json_.number(kSampledFlag);
    member("name", span.name);
    json_.key("kind");
    json_.number(static_cast<int>(span.kind));
    literal("startTimeUnixNano", std::to_string(span.start_ns));
    literal("endTimeUnixNano", std::to_string(std::max(span.start_ns, span.end_ns)));
    json_.key("attributes");
    json_.begin_array();
    for (const auto& each : span.attributes) attribute(each);
    json_.end_array();
    write_status(span.failed);
    json_.end_object();
  }

  void write_status(bool failed) {
    json_.key("status");
    json_.begin_object();
    if (failed) {
      json_.key("code");
      json_.number(kStatusError);
    }
    json_.end_object();
  }

  template <class Id>
  void id(std::string_view key, const Id& bytes) {
    json_.key(key);
    json_.string(hex_encode({bytes.data(), bytes.size()}));
  }

  void member(std::string_view key, std::string_view text) {
    json_.key(key);
    json_.string(clean(text));
  }

  // What is ours or a number holds no secret: most texts of a span need not be searched.
  void literal(std::string_view key, std::string_view text) {
    json_.key(key);
    json_.string(text);
  }

  void attribute(const Attribute& attribute) {
    json_.begin_object();
    literal("key", attribute.key);
    json_.key("value");
    json_.begin_object();
    std::visit([this](const auto& value) { any_value(value); }, attribute.value);
    json_.end_object();
    json_.end_object();
  }

  void any_value(const std::string& text) { member("stringValue", text); }
  void any_value(std::int64_t number) { literal("intValue", std::to_string(number)); }
  void any_value(double number) {
    json_.key("doubleValue");
    json_.real(number);
  }
  void any_value(bool flag) {
    json_.key("boolValue");
    json_.boolean(flag);
  }

  std::string clean(std::string_view text) const { return redactor_.redact(to_valid_utf8(text)); }

  json::Writer json_;
  const Redactor& redactor_;
};

}  // namespace

std::string otlp_request(const Resource& resource, std::span<const SpanData> spans,
                         const Redactor& redactor) {
  constexpr std::size_t kUsualSpan = 1024;
  std::string out;
  out.reserve(spans.size() * kUsualSpan);
  RequestWriter(out, redactor).request(resource, spans);
  return out;
}

// A 64-bit integer is a text in this form; some servers write a number.
std::uint64_t refused_spans(std::string_view answer) {
  const auto body = text::parse_json(answer);
  if (!body) return 0;
  const auto* success = body->find("partialSuccess");
  const auto* refused = success == nullptr ? nullptr : success->find("rejectedSpans");
  if (refused == nullptr) return 0;
  if (const auto* number = refused->as_integer()) {
    const auto count = number->to_i64().value_or(0);
    return count > 0 ? static_cast<std::uint64_t>(count) : 0;
  }
  const auto digits = refused->as_string().value_or("");
  std::uint64_t count = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size() ? count : 0;
}

}  // namespace gvm::trace
