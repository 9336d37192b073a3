#include "support/mock_upstream/fault.h"

#include <charconv>

namespace gvm::mock {
namespace {

constexpr Name<Part> kParts[] = {
    {"connect", Part::connect}, {"accept", Part::accept},           {"tls", Part::tls},
    {"request", Part::request}, {"status_line", Part::status_line}, {"headers", Part::headers},
    {"body", Part::body}};
constexpr Name<Strike> kStrikes[] = {{"refuse", Strike::refuse},
                                     {"cut", Strike::cut},
                                     {"reset", Strike::reset},
                                     {"stall", Strike::stall}};
constexpr Name<Body> kBodies[] = {
    {"answer", Body::answer}, {"error", Body::error}, {"html", Body::html}};
constexpr Name<Content> kContents[] = {
    {"words", Content::words},     {"empty", Content::empty},      {"null", Content::null},
    {"missing", Content::missing}, {"number", Content::number},    {"nothing", Content::nothing},
    {"refused", Content::refused}, {"at_limit", Content::at_limit}};
constexpr Name<UsageShape> kUsageShapes[] = {
    {"right", UsageShape::right},         {"missing", UsageShape::missing},
    {"null", UsageShape::null},           {"strings", UsageShape::strings},
    {"negative", UsageShape::negative},   {"huge", UsageShape::huge},
    {"fractions", UsageShape::fractions}, {"zero", UsageShape::zero}};
constexpr Name<Encoding> kEncodings[] = {
    {"gzip", Encoding::gzip},       {"broken", Encoding::broken},   {"cut", Encoding::cut},
    {"bad_sum", Encoding::bad_sum}, {"claimed", Encoding::claimed}, {"unknown", Encoding::unknown},
    {"bomb", Encoding::bomb}};
constexpr Name<Framing> kFramings[] = {{"length", Framing::length},
                                       {"chunked", Framing::chunked},
                                       {"until_close", Framing::until_close},
                                       {"too_long", Framing::too_long},
                                       {"too_short", Framing::too_short},
                                       {"negative", Framing::negative},
                                       {"no_number", Framing::no_number},
                                       {"twice", Framing::twice},
                                       {"chunked_garbage", Framing::chunked_garbage},
                                       {"chunked_open", Framing::chunked_open}};
constexpr Name<Endless> kEndless[] = {{"interim", Endless::interim},
                                      {"headers", Endless::headers},
                                      {"header_line", Endless::header_line},
                                      {"body", Endless::body},
                                      {"chunks", Endless::chunks}};
constexpr Name<ConnectionFate> kConnectionFates[] = {
    {"keep", ConnectionFate::keep},
    {"close", ConnectionFate::close},
    {"close_silently", ConnectionFate::close_silently}};
constexpr Name<TlsFault> kTlsFaults[] = {{"plain_text", TlsFault::plain_text},
                                         {"close", TlsFault::close},
                                         {"reset", TlsFault::reset},
                                         {"stall", TlsFault::stall},
                                         {"garbage", TlsFault::garbage},
                                         {"alert", TlsFault::alert},
                                         {"expired", TlsFault::expired},
                                         {"wrong_host", TlsFault::wrong_host},
                                         {"unknown_issuer", TlsFault::unknown_issuer},
                                         {"self_signed", TlsFault::self_signed}};

std::optional<std::string> from_hex(std::string_view hex) {
  constexpr int kHex = 16;
  std::string out;
  if (hex.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    unsigned byte = 0;
    const char* end = hex.data() + i + 2;
    if (std::from_chars(hex.data() + i, end, byte, kHex).ptr != end) return std::nullopt;
    out.push_back(static_cast<char>(byte));
  }
  return out;
}

// "text", or {"hex": "fffe"}, or {"repeat": "[", "times": 1000}.
void read_bytes(Fields& fields, std::string_view name, std::string& out) {
  const Value* value = fields.take(name);
  if (value == nullptr || value->as_string()) return fields.read(name, out);
  std::string hex, repeat;
  std::size_t times = 1;
  Fields inner(*value, fields.path(name));
  inner.read("hex", hex);
  inner.read("repeat", repeat);
  inner.read("times", times);
  if (auto ok = inner.done(); !ok) return fields.adopt(ok.error());
  const auto bytes = from_hex(hex);
  if (!bytes) return fields.complain(name, "a string, or {\"hex\": pairs of hexadecimal digits}");
  out = *bytes;
  for (std::size_t i = 0; i < times; ++i) out += repeat;
}

void read_headers(Fields& fields, Headers& out) {
  const Value* value = fields.take("headers");
  if (value == nullptr) return;
  if (!value->as_map()) return fields.complain("headers", "an object of strings");
  Fields inner(*value, fields.path("headers"));
  for (const auto& entry : *value->as_map()) {
    auto& [name, text] = out.emplace_back(entry.first.view(), "");
    read_bytes(inner, name, text);
  }
  if (auto ok = inner.done(); !ok) fields.adopt(ok.error());
}

void read_position(Fields& fields, std::string_view name, Position& out) {
  const Value* value = fields.take(name);
  if (value == nullptr) return;
  if (value->as_string()) return fields.read(name, out.part, kParts);
  Fields inner(*value, fields.path(name));
  inner.read("part", out.part, kParts);
  inner.read("byte", out.byte);
  inner.read("fraction", out.fraction);
  if (out.fraction > 1) inner.complain("fraction", "a share of at most 1");
  if (auto ok = inner.done(); !ok) fields.adopt(ok.error());
}

// The name of a body, or {"text": ...} with what read_bytes takes.
void read_body(Fields& fields, Fault& fault) {
  const Value* value = fields.take("body");
  if (value == nullptr) return;
  if (value->as_map()) {
    Fields inner(*value, fields.path("body"));
    read_bytes(inner, "text", fault.text);
    if (auto ok = inner.done(); !ok) return fields.adopt(ok.error());
    fault.body = Body::text;
    return;
  }
  fault.body = Body::answer;
  fields.read("body", *fault.body, kBodies);
}

void read_said(Fields& fields, Fault& fault) {
  unsigned status = 200;
  fields.read("status", status);
  if (status < 100 || status > 999) fields.complain("status", "a status of three digits");
  fault.status = static_cast<int>(status);
  read_headers(fields, fault.headers);
  fields.read("retry_after_date_s", fault.retry_after_date_s);
  read_body(fields, fault);
  fields.read("content", fault.content, kContents);
  fields.read("words", fault.words);
  fields.read("usage", fault.usage, kUsageShapes);
  fields.read("kept", fault.kept);
  if (fault.kept > 1) fields.complain("kept", "a share of at most 1");
  read_bytes(fields, "appended", fault.appended);
  fields.read("padding_bytes", fault.padding_bytes);
  fields.read("content_type", fault.content_type);
}

void read_framed(Fields& fields, Fault& fault) {
  read_bytes(fields, "status_line", fault.status_line);
  fields.read("version", fault.version);
  fields.read("encoding", fault.encoding, kEncodings);
  fields.read("framing", fault.framing, kFramings);
  fields.read("interim", fault.interim);
  fields.read("endless", fault.endless, kEndless);
  fields.read("times", fault.times);
  fields.read("after", fault.after, kConnectionFates);
}

void read_strike(Fields& fields, Fault& fault) {
  fields.read("strike", fault.strike, kStrikes);
  read_position(fields, "at", fault.at);
  if (fields.has("slow_from")) {
    fault.slow_from.emplace(Position{.part = Part::body, .byte = 0});
    read_position(fields, "slow_from", *fault.slow_from);
  }
  fields.read("bytes_per_second", fault.bytes_per_second);
  if (fault.bytes_per_second <= 0) fields.complain("bytes_per_second", "a number over 0");
  fields.read("tls", fault.tls, kTlsFaults);
  if (fault.strike == Strike::refuse) fault.at.part = Part::connect;
  if (fault.tls != TlsFault::none) fault.at.part = Part::tls;
}

}  // namespace

Body Fault::body_kind() const {
  constexpr int kOk = 200;
  return body.value_or(status == kOk ? Body::answer : Body::error);
}

bool Fault::at_connection() const {
  return tls != TlsFault::none ||
         (strike != Strike::none && (at.part == Part::connect || at.part == Part::accept));
}

bool Fault::produces_answer() const {
  if (billed) return *billed;
  if (at_connection() || (strike != Strike::none && at.part == Part::request)) return false;
  return body_kind() == Body::answer && encoding != Encoding::bomb;
}

Result<Fault> parse_fault(const Value& value, const std::string& where) {
  Fault fault;
  fault.name = where;
  Fields fields(value, where);
  fields.read("name", fault.name);
  read_said(fields, fault);
  read_framed(fields, fault);
  read_strike(fields, fault);
  fields.read("billed", fault.billed);
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return fault;
}

}  // namespace gvm::mock
