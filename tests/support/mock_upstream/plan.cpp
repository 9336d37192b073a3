#include "support/mock_upstream/plan.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "support/gzip.h"

namespace gvm::mock {
namespace {

constexpr std::size_t kChunkBytes = 1000;
constexpr std::size_t kFloodBytes = 16 * 1024;

// RFC 9110, 5.6.7
std::string http_date(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm date{};
  ::gmtime_r(&seconds, &date);
  std::array<char, 64> out{};
  const auto size = std::strftime(out.data(), out.size(), "%a, %d %b %Y %H:%M:%S GMT", &date);
  return std::string(out.data(), size);
}

std::string_view reason_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 429:
      return "Too Many Requests";
    case 529:
      return "Overloaded";
    default:
      return "Scripted";
  }
}

// 24 members (RFC 1952, 2.2) of 1 MiB each: making one of 24 MiB would use up a caller's time
// limit.
std::string bomb() {
  constexpr std::size_t kMemberBytes = 1024 * 1024;
  constexpr int kMembers = 24;
  const std::string member = test::gzip(std::string(kMemberBytes, ' '));
  std::string bytes;
  for (int i = 0; i < kMembers; ++i) bytes += member;
  return bytes;
}

std::string damaged(std::string zipped, Encoding encoding) {
  switch (encoding) {
    case Encoding::broken:
      for (std::size_t i = zipped.size() / 3; i < zipped.size() * 2 / 3; ++i)
        zipped[i] = static_cast<char>(~zipped[i]);
      break;
    case Encoding::cut:
      zipped.resize(zipped.size() / 2);
      break;
    case Encoding::bad_sum: {
      constexpr std::size_t kTrailerBytes = 8;  // RFC 1952, 2.3.1: CRC32, then the size
      zipped[zipped.size() - kTrailerBytes] ^= 0x55;
      break;
    }
    default:
      break;
  }
  return zipped;
}

std::string encoded(const Fault& fault, std::string body) {
  switch (fault.encoding) {
    case Encoding::none:
    case Encoding::claimed:
    case Encoding::unknown:
      return body;
    case Encoding::bomb:
      return bomb();
    default:
      return damaged(test::gzip(body), fault.encoding);
  }
}

std::string chunked(std::string_view body, Framing framing) {
  std::string out;
  for (std::size_t at = 0; at < body.size(); at += kChunkBytes) {
    const auto piece = body.substr(at, kChunkBytes);
    out += fmt::format("{:x}\r\n", piece.size());
    out.append(piece).append("\r\n");
  }
  if (framing == Framing::chunked) out += "0\r\n\r\n";
  if (framing == Framing::chunked_garbage) out += "not a size\r\n\r\n";
  return out;
}

bool is_chunked(Framing framing) {
  return framing == Framing::chunked || framing == Framing::chunked_garbage ||
         framing == Framing::chunked_open;
}

std::string framing_headers(const Fault& fault, std::size_t size) {
  const auto length = [](const auto& text) { return fmt::format("content-length: {}\r\n", text); };
  if (fault.endless == Endless::body) return "connection: close\r\n";
  if (fault.endless == Endless::chunks) return "transfer-encoding: chunked\r\n";
  switch (fault.framing) {
    case Framing::length:
      return length(size);
    case Framing::until_close:
      return "connection: close\r\n";
    case Framing::too_long:
      return length(size * 2 + 1);
    case Framing::too_short:
      return length(size / 2);
    case Framing::negative:
      return length(-1);
    case Framing::no_number:
      return length("many");
    case Framing::twice:
      return length(size) + length(size / 2);
    case Framing::chunked:
    case Framing::chunked_garbage:
    case Framing::chunked_open:
      return "transfer-encoding: chunked\r\n";
  }
  return {};
}

std::string header_block(const Fault& fault, const PlainReply& reply, std::size_t body_bytes,
                         std::chrono::system_clock::time_point now) {
  const std::string& type = fault.content_type.empty() ? reply.content_type : fault.content_type;
  std::string out = fmt::format("content-type: {}\r\n", type);
  if (!reply.id.empty()) out += fmt::format("x-request-id: {}\r\n", reply.id);
  for (const auto& [name, value] : fault.headers) out += fmt::format("{}: {}\r\n", name, value);
  if (fault.retry_after_date_s) {
    const auto when = now + std::chrono::seconds(*fault.retry_after_date_s);
    out += fmt::format("retry-after: {}\r\n", http_date(when));
  }
  if (fault.encoding == Encoding::unknown) {
    out += "content-encoding: snappy\r\n";
  } else if (fault.encoding != Encoding::none) {
    out += "content-encoding: gzip\r\n";
  }
  if (fault.after == ConnectionFate::close && fault.framing != Framing::until_close)
    out += "connection: close\r\n";
  return out + framing_headers(fault, body_bytes) + "\r\n";
}

std::string body_of(const Fault& fault, const PlainReply& reply) {
  std::string body(fault.padding_bytes, ' ');
  const auto kept = static_cast<double>(reply.body.size()) * fault.kept;
  body.append(reply.body, 0, static_cast<std::size_t>(std::ceil(kept)));
  body += fault.appended;
  body = encoded(fault, std::move(body));
  return is_chunked(fault.framing) ? chunked(body, fault.framing) : body;
}

Step send(std::string bytes) {
  return {Step::Kind::send, std::move(bytes)};
}

Plan endless_plan(const Fault& fault, const Wire& wire) {
  const std::string filler(kFloodBytes, 'h');
  switch (fault.endless) {
    case Endless::no:
      break;
    case Endless::interim:
      return {{Step::Kind::flood, "HTTP/1.1 103 Early Hints\r\nlink: </>; rel=preload\r\n\r\n"}};
    case Endless::headers:
      return {send(wire.status_line),
              {Step::Kind::flood, "x-more: " + filler.substr(0, kChunkBytes) + "\r\n"}};
    case Endless::header_line:
      return {send(wire.status_line + "x-more: "), {Step::Kind::flood, filler}};
    case Endless::body:
      return {send(wire.status_line + wire.headers),
              {Step::Kind::flood, std::string(kFloodBytes, ' ')}};
    case Endless::chunks:
      return {send(wire.status_line + wire.headers),
              {Step::Kind::flood,
               fmt::format("{:x}\r\n{}\r\n", kFloodBytes, std::string(kFloodBytes, ' '))}};
  }
  return {};
}

Step ending(const Fault& fault) {
  if (fault.framing == Framing::too_long || fault.framing == Framing::chunked_open)
    return {Step::Kind::cut};
  const bool closes = fault.after != ConnectionFate::keep ||
                      fault.framing == Framing::until_close || fault.version == "1.0";
  return {closes ? Step::Kind::close : Step::Kind::keep};
}

Step strike_step(Strike strike) {
  switch (strike) {
    case Strike::reset:
      return {Step::Kind::reset};
    case Strike::stall:
      return {Step::Kind::stall};
    default:
      return {Step::Kind::cut};
  }
}

}  // namespace

std::size_t Wire::offset(const Position& position) const {
  std::size_t begin = 0;
  std::size_t size = 0;
  switch (position.part) {
    case Part::headers:
      begin = interim.size() + status_line.size();
      size = headers.size();
      break;
    case Part::body:
      begin = interim.size() + status_line.size() + headers.size();
      size = body.size();
      break;
    case Part::status_line:
      begin = interim.size();
      size = status_line.size();
      break;
    default:
      return 0;
  }
  const auto share = static_cast<std::size_t>(static_cast<double>(size) * position.fraction);
  return begin + std::min(position.byte.value_or(share), size);
}

Wire compose(const Fault& fault, const PlainReply& reply,
             std::chrono::system_clock::time_point now) {
  Wire wire;
  for (std::size_t i = 0; i < fault.interim; ++i)
    wire.interim += "HTTP/1.1 103 Early Hints\r\nlink: </>; rel=preload\r\n\r\n";
  wire.status_line = fault.status_line.empty() ? fmt::format("HTTP/{} {} {}\r\n", fault.version,
                                                             fault.status, reason_of(fault.status))
                                               : fault.status_line + "\r\n";
  wire.body = body_of(fault, reply);
  wire.headers = header_block(fault, reply, wire.body.size(), now);
  return wire;
}

Plan plan_of(const Fault& fault, const PlainReply& reply,
             std::chrono::system_clock::time_point now) {
  if (fault.strike != Strike::none && fault.at.part == Part::request)
    return {strike_step(fault.strike)};
  const Wire wire = compose(fault, reply, now);
  if (fault.endless != Endless::no) return endless_plan(fault, wire);
  std::string bytes = wire.whole();
  Plan plan;
  Step last = ending(fault);
  if (fault.strike != Strike::none) {
    bytes.resize(wire.offset(fault.at));
    last = strike_step(fault.strike);
  }
  for (std::size_t i = 1; i < fault.times; ++i) bytes += wire.whole();
  if (fault.slow_from) {
    const std::size_t at = std::min(wire.offset(*fault.slow_from), bytes.size());
    constexpr double kMicrosecondsPerSecond = 1e6;
    const microseconds pause(std::llround(kMicrosecondsPerSecond / fault.bytes_per_second));
    if (at > 0) plan.push_back(send(bytes.substr(0, at)));
    plan.push_back({Step::Kind::trickle, bytes.substr(at), pause});
  } else if (!bytes.empty()) {
    plan.push_back(send(std::move(bytes)));
  }
  plan.push_back(std::move(last));
  return plan;
}

}  // namespace gvm::mock
