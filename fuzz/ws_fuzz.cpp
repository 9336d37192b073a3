// The WebSocket decoder gives the same whatever the pieces, agrees with a plain reading of RFC 6455
// about what is a message, and never gives more room than what came justifies. The input: one byte
// for the pieces, then the stream.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/size.h"
#include "serve/ws_decoder.h"

namespace {

using gvm::serve::WsDecoder;
using Status = WsDecoder::Status;

constexpr std::size_t kMaxMessage = 8 * gvm::kKiB;

struct Event {
  Status status;
  std::string payload;
  friend bool operator==(const Event&, const Event&) = default;
};

bool is_final(Status status) {
  return status == Status::violation || status == Status::invalid_text ||
         status == Status::too_large;
}

std::vector<Event> decoded(std::string_view stream, std::size_t piece) {
  WsDecoder decoder(kMaxMessage);
  std::vector<Event> events;
  for (;;) {
    std::string payload;
    const Status status = decoder.next(payload);
    if (is_final(status)) {
      events.push_back({status, {}});
      return events;
    }
    if (status != Status::need_more) {
      events.push_back({status, std::move(payload)});
      continue;
    }
    if (stream.empty()) return events;
    const auto room = decoder.prepare();
    if (room.empty() || room.size() > kMaxMessage) std::abort();
    const auto count = std::min({room.size(), stream.size(), piece});
    std::memcpy(room.data(), stream.data(), count);
    decoder.commit(count);
    stream.remove_prefix(count);
  }
}

// The messages up to the first thing that is wrong, by reading frame after frame of the whole
// stream.
std::vector<std::string> messages(std::string_view stream) {
  std::vector<std::string> found;
  std::string message;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(stream[i]); };
  while (stream.size() >= 2) {
    const unsigned opcode = byte(0) & 0x0F;
    std::size_t extended = (byte(1) & 0x7F) == 127 ? 8 : (byte(1) & 0x7F) == 126 ? 2 : 0;
    const std::size_t head = 2 + extended + 4;
    if (stream.size() < head) break;
    std::uint64_t length = extended == 0 ? byte(1) & 0x7F : 0;
    for (std::size_t i = 0; i < extended; ++i) length = length << 8 | byte(2 + i);
    if (stream.size() - head < length) break;
    std::string payload(stream.substr(head, length));
    for (std::size_t i = 0; i < payload.size(); ++i)
      payload[i] = static_cast<char>(payload[i] ^ stream[head - 4 + i % 4]);
    if (opcode <= 2) message += payload;
    if (opcode <= 2 && (byte(0) & 0x80) != 0) found.push_back(std::exchange(message, {}));
    stream.remove_prefix(head + length);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = std::size_t{data[0]} * 16 + 1;
  const auto events = decoded(stream, piece);
  if (events != decoded(stream, stream.size() + 1)) std::abort();
  const auto expected = messages(stream);
  std::size_t at = 0;
  for (const auto& event : events) {
    if (event.status != Status::message) continue;
    if (at >= expected.size() || event.payload != expected[at++]) std::abort();
  }
  return 0;
}
