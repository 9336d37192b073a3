// The callbacks through which libcurl passes the answer to an exchange.
#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "net/http_exchange.h"

namespace gvm::net {
namespace {

// For an answer that announces more than this, the buffer grows by doubling: the announced length
// is not trusted.
constexpr std::size_t kMaxReserve = kMiB;

constexpr std::string_view kBlanks = " \t\r\n";

// RFC 9112, 6.3: such an answer ends with its head. Its Content-Length is the length that the body
// of a GET would have (RFC 9110, 8.6).
bool has_no_body(int status) {
  constexpr int kNoContent = 204;
  constexpr int kNotModified = 304;
  return status == kNoContent || status == kNotModified;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<Exchange*>(self)->header_line({data, bytes}) ? bytes : 0;
}

bool Exchange::header_line(std::string_view line) {
  if (phase_ == Phase::answering) {
    progressed_ = Clock::now();
  } else {
    enter(Phase::answering);
  }
  head_bytes_ += line.size();
  if (head_bytes_ > request_->max_headers) return stop(Stopped::head_limit);
  if (head_complete_) return true;  // a trailer: not requested, so ignored
  if (line.starts_with("HTTP/")) {
    status_line(line);
  } else if (trim(line, kBlanks).empty()) {
    return head_done();
  } else {
    field_line(line);
    if (response_.headers.size() > request_->max_header_count) return stop(Stopped::head_count);
  }
  return true;
}

// Begins a head. After an interim answer (1xx), the next head is the final one.
void Exchange::status_line(std::string_view line) {
  response_.headers.clear();
  announced_.reset();
  http2_ = line.starts_with("HTTP/2");
  const auto space = std::min(line.find(' '), line.size());
  response_.status = number<int>(trim(line.substr(space), kBlanks).substr(0, 3)).value_or(0);
}

void Exchange::field_line(std::string_view line) {
  auto& headers = response_.headers;
  // RFC 9112, 5.2: a folded line continues the value; the folding counts as one space.
  if ((line[0] == ' ' || line[0] == '\t') && !headers.empty()) {
    headers.back().value.append(" ").append(trim(line, kBlanks));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  headers.push_back({lowered(trim(line.substr(0, colon), kBlanks)),
                     std::string(trim(line.substr(colon + 1), kBlanks))});
}

bool Exchange::head_done() {
  constexpr int kFirstFinalStatus = 200;
  constexpr int kSwitchingProtocols = 101;  // which libcurl takes as a head without an end
  if (response_.status == kSwitchingProtocols) return stop(Stopped::switched);
  if (response_.status < kFirstFinalStatus) return true;
  head_complete_ = true;
  if (request_->method == "HEAD") return true;
  if (has_no_body(response_.status)) {
    // If the server sends a body nevertheless, it would be read as the head of the next answer.
    if (!http2_) dial_.close_afterwards(easy_);
    return true;
  }
  std::vector<std::string_view> codings;
  for (const auto& [name, value] : response_.headers) {
    if (name == "content-encoding") codings.push_back(value);
    if (name == "content-length" && !announce(value)) return stop(Stopped::lengths);
  }
  const auto coding = coding_of(codings);
  if (!coding) return stop(Stopped::encoding);
  if (*coding != Coding::none) decoder_.emplace(*coding);
  if (announced_.value_or(0) > request_->max_body) return stop(Stopped::body_limit);
  return true;
}

// RFC 9112, 6.3: when the lengths of an answer contradict each other or are invalid, its end cannot
// be trusted. One length that is told several times, in a list too, is that length.
bool Exchange::announce(std::string_view value) {
  for (;;) {
    const auto comma = std::min(value.find(','), value.size());
    const auto length = number<std::size_t>(trim(value.substr(0, comma), kBlanks));
    if (!length || (announced_ && *announced_ != *length)) return false;
    announced_ = length;
    if (comma == value.size()) return true;
    value.remove_prefix(comma + 1);
  }
}

// They speak of the body as it was sent: who reads them would decode it a second time.
void Exchange::drop_coding_fields() {
  std::erase_if(response_.headers, [](const HttpHeader& header) {
    return header.name == "content-encoding" || header.name == "content-length";
  });
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<Exchange*>(self)->body_piece({data, bytes}) ? bytes : 0;
}

bool Exchange::body_piece(std::string_view piece) {
  auto& body = response_.body;
  progressed_ = Clock::now();
  body_bytes_ += piece.size();
  if (decoder_) {
    const auto outcome =
        decoder_->decode(piece, body, [this](const std::string&) { return body_may_grow(); });
    if (outcome == BodyDecoder::Outcome::broken) return stop(Stopped::garbled);
    return outcome == BodyDecoder::Outcome::more;
  }
  if (piece.size() > request_->max_body - body.size()) return stop(Stopped::body_limit);
  if (body.empty())
    body.reserve(std::min(std::max(announced_.value_or(0), piece.size()), kMaxReserve));
  body.append(piece);
  return true;
}

// After each piece that was decoded.
bool Exchange::body_may_grow() {
  if (response_.body.size() > request_->max_body) return stop(Stopped::body_limit);
  return ratio_exceeded() ? stop(Stopped::ratio) : true;
}

}  // namespace gvm::net
