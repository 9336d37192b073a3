#include "serve/ws_decoder.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/encoding.h"
#include "base/size.h"
#include "serve/grow.h"

namespace gvm::serve {
namespace {

constexpr std::size_t kScratchBytes = 2 * kKiB;  // holds most hellos and prompts whole
constexpr std::size_t kShortestHeader = 2;
constexpr std::size_t kMaskBytes = 4;
constexpr unsigned char kFin = 0x80;
constexpr unsigned char kReserved = 0x70;
constexpr unsigned char kOpcode = 0x0F;
constexpr unsigned char kMasked = 0x80;
constexpr unsigned char kLength = 0x7F;
constexpr unsigned char kLongestControl = 125;
constexpr unsigned char kLengthIn2 = 126;
constexpr unsigned char kLengthIn8 = 127;

std::uint64_t big_endian(const unsigned char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

std::size_t extended_bytes(unsigned char second) {
  const unsigned length = second & kLength;
  return length == kLengthIn8 ? 8 : length == kLengthIn2 ? 2 : 0;
}

// `offset`: of data[0] in the frame's payload.
void unmask(char* data, std::size_t size, const std::array<unsigned char, 4>& mask,
            std::uint64_t offset) {
  std::array<unsigned char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(offset + i) % mask.size()];
  std::uint64_t key = 0;
  std::memcpy(&key, turned.data(), sizeof key);
  std::size_t i = 0;
  for (; i + sizeof key <= size; i += sizeof key) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + i, sizeof word);
    word ^= key;
    std::memcpy(data + i, &word, sizeof word);
  }
  for (std::size_t k = 0; i < size; ++i, ++k)
    data[i] = static_cast<char>(static_cast<unsigned char>(data[i]) ^ turned[k]);
}

// RFC 6455, 7.4: what a close frame may carry.
bool is_close_code(std::uint64_t code) {
  if (code >= 3000 && code < 5000) return true;
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
}

}  // namespace

std::span<char> WsDecoder::prepare() {
  const std::uint64_t missing = in_frame_ && !is_control() ? length_ - taken_ : 0;
  direct_ = missing > kScratchBytes;
  if (direct_) {
    const std::size_t room =
        static_cast<std::size_t>(std::min<std::uint64_t>(missing, next_room(filled_)));
    extend(message_, filled_, room);
    return {message_.data() + filled_, room};
  }
  if (scratch_.empty()) scratch_.resize(kScratchBytes);
  if (begin_ > 0) {
    std::memmove(scratch_.data(), scratch_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {scratch_.data() + end_, scratch_.size() - end_};
}

void WsDecoder::commit(std::size_t count) {
  if (!direct_) {
    end_ += count;
    return;
  }
  unmask(message_.data() + filled_, count, mask_, taken_);
  filled_ += count;
  taken_ += count;
}

WsDecoder::Status WsDecoder::next(std::string& payload) {
  while (ended_ == Status::need_more) {
    if (!in_frame_ && !read_header()) return ended_;
    take_from_scratch();
    if (taken_ < length_) return Status::need_more;
    in_frame_ = false;
    if (is_control()) return take_control(payload);
    in_message_ = !fin_;
    if (fin_) return take_message(payload);
  }
  return ended_;
}

// False when the header is not all here, or is refused.
bool WsDecoder::read_header() {
  const std::size_t here = end_ - begin_;
  if (here < kShortestHeader) return false;
  const auto* header = reinterpret_cast<const unsigned char*>(scratch_.data() + begin_);
  if (const char* problem = header_problem(header[0], header[1])) {
    fail(Status::violation, problem);
    return false;
  }
  const std::size_t extended = extended_bytes(header[1]);
  const std::size_t size = kShortestHeader + extended + kMaskBytes;
  if (here < kShortestHeader + extended) return false;
  length_ = extended == 0 ? header[1] & kLength : big_endian(header + kShortestHeader, extended);
  const std::uint64_t shortest = extended == 2 ? kLengthIn2 : extended == 8 ? 0x10000 : 0;
  if (length_ < shortest) {
    fail(Status::violation, "a payload length in a longer form than it needs");
    return false;
  }
  opcode_ = static_cast<WsOpcode>(header[0] & kOpcode);
  if (!is_control() && length_ > max_message_ - filled_) {
    fail(Status::too_large, "a message over the limit");
    return false;
  }
  if (here < size) return false;
  begin_frame(header, size);
  return true;
}

// Null when the first two bytes are those of a frame that may come now.
const char* WsDecoder::header_problem(unsigned char first, unsigned char second) const {
  const unsigned opcode = first & kOpcode;
  if ((first & kReserved) != 0) return "reserved bits";
  if ((second & kMasked) == 0) return "a frame that is not masked";
  if (opcode >= static_cast<unsigned>(WsOpcode::close)) {
    if (opcode > static_cast<unsigned>(WsOpcode::pong)) return "an unknown control frame";
    if ((first & kFin) == 0) return "a control frame in fragments";
    if ((second & kLength) > kLongestControl) return "a control frame that is too long";
    return nullptr;
  }
  if (opcode > static_cast<unsigned>(WsOpcode::binary)) return "an unknown data frame";
  const bool continues = opcode == static_cast<unsigned>(WsOpcode::continuation);
  if (continues && !in_message_) return "a continuation of no message";
  if (!continues && in_message_) return "a message within the fragments of another";
  return nullptr;
}

void WsDecoder::begin_frame(const unsigned char* header, std::size_t header_bytes) {
  fin_ = (header[0] & kFin) != 0;
  std::memcpy(mask_.data(), header + header_bytes - kMaskBytes, kMaskBytes);
  if (opcode_ == WsOpcode::text || opcode_ == WsOpcode::binary) text_ = opcode_ == WsOpcode::text;
  begin_ += header_bytes;
  taken_ = 0;
  in_frame_ = true;
}

void WsDecoder::take_from_scratch() {
  const std::size_t count =
      static_cast<std::size_t>(std::min<std::uint64_t>(end_ - begin_, length_ - taken_));
  if (count == 0) return;
  std::string& into = is_control() ? control_ : message_;
  const std::size_t at = is_control() ? control_.size() : filled_;
  if (into.size() < at + count) extend(into, at, count);
  std::memcpy(into.data() + at, scratch_.data() + begin_, count);
  unmask(into.data() + at, count, mask_, taken_);
  if (!is_control()) filled_ += count;
  taken_ += count;
  begin_ += count;
}

WsDecoder::Status WsDecoder::take_message(std::string& payload) {
  message_.resize(filled_);
  payload = std::exchange(message_, {});
  filled_ = 0;
  if (text_ && !is_valid_utf8(payload))
    return fail(Status::invalid_text, "a text message that is no UTF-8");
  return Status::message;
}

WsDecoder::Status WsDecoder::take_control(std::string& payload) {
  payload = std::exchange(control_, {});
  if (opcode_ == WsOpcode::ping) return Status::ping;
  if (opcode_ == WsOpcode::pong) return Status::pong;
  if (payload.empty()) return Status::close;
  const auto* code = reinterpret_cast<const unsigned char*>(payload.data());
  if (payload.size() == 1 || !is_close_code(big_endian(code, 2)))
    return fail(Status::violation, "a close frame without a valid status code");
  if (!is_valid_utf8(std::string_view(payload).substr(2)))
    return fail(Status::invalid_text, "a close reason that is no UTF-8");
  payload.resize(2);
  return Status::close;
}

WsDecoder::Status WsDecoder::fail(Status status, const char* problem) {
  ended_ = status;
  problem_ = problem;
  return status;
}

}  // namespace gvm::serve
