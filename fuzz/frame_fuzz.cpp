// The length-prefixed deframer gives the same frames however the stream is split, never a frame
// over its limit, and never reserves more memory than the received bytes justify. The input: one
// byte that decides the split, then the stream.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "base/size.h"
#include "serve/frame_decoder.h"

namespace {

using gvm::serve::FrameDecoder;

constexpr std::size_t kMaxFrame = 8 * gvm::kKiB;

struct Outcome {
  std::vector<std::string> frames;
  bool too_large = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// A straightforward implementation of wire.md.
Outcome expected(std::string_view stream) {
  Outcome outcome;
  while (stream.size() >= 4) {
    std::size_t length = 0;
    for (int i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(stream[i]);
    if (length > kMaxFrame) {
      outcome.too_large = true;
      return outcome;
    }
    if (stream.size() - 4 < length) return outcome;
    outcome.frames.emplace_back(stream.substr(4, length));
    stream.remove_prefix(4 + length);
  }
  return outcome;
}

Outcome decoded(std::string_view stream, std::size_t piece) {
  FrameDecoder decoder(kMaxFrame);
  Outcome outcome;
  for (;;) {
    std::string frame;
    const auto status = decoder.next(frame);
    if (status == FrameDecoder::Status::too_large) {
      outcome.too_large = true;
      return outcome;
    }
    if (status == FrameDecoder::Status::frame) {
      outcome.frames.push_back(std::move(frame));
      continue;
    }
    if (stream.empty()) return outcome;
    const auto room = decoder.prepare();
    if (room.empty() || room.size() > kMaxFrame) std::abort();
    const auto count = std::min({room.size(), stream.size(), piece});
    std::memcpy(room.data(), stream.data(), count);
    decoder.commit(count);
    stream.remove_prefix(count);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::size_t piece = std::size_t{data[0]} * 16 + 1;
  if (decoded(stream, piece) != expected(stream)) std::abort();
  return 0;
}
