#include "serve/frame_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "base/size.h"

namespace gvm::serve {
namespace {

std::string prefixed(const std::string& body) {
  const auto n = body.size();
  std::string out{static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
                  static_cast<char>(n)};
  return out + body;
}

// Feeds `stream` in pieces of at most `piece` bytes; returns the frames, and whether the decoder
// refused.
struct Outcome {
  std::vector<std::string> frames;
  bool too_large = false;
};
Outcome feed(FrameDecoder& decoder, std::string_view stream, std::size_t piece) {
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
    EXPECT_FALSE(room.empty());
    const auto count = std::min({room.size(), stream.size(), piece});
    std::memcpy(room.data(), stream.data(), count);
    decoder.commit(count);
    stream.remove_prefix(count);
  }
}

TEST(FrameDecoder, GivesTheSameFramesWhateverThePieces) {
  std::mt19937 random(7);
  std::vector<std::string> frames{"", "a", std::string(3000, 'x'), "", std::string(200'000, 'y'),
                                  "z"};
  for (std::size_t i = 0; i < 40; ++i) frames.emplace_back(random() % 5000, static_cast<char>(i));
  std::string stream;
  for (const auto& frame : frames) stream += prefixed(frame);
  for (const std::size_t piece : {1UL, 2UL, 3UL, 5UL, 1500UL, 4096UL, 1'000'000UL}) {
    FrameDecoder decoder(1 * kMiB);
    const auto outcome = feed(decoder, stream, piece);
    EXPECT_EQ(outcome.frames, frames) << "pieces of " << piece;
    EXPECT_FALSE(decoder.mid_frame());
  }
}

TEST(FrameDecoder, RefusesAFrameOverItsLimitAndStaysRefusing) {
  FrameDecoder decoder(10);
  const auto outcome = feed(decoder, prefixed("0123456789") + prefixed("0123456789a"), 100);
  EXPECT_EQ(outcome.frames, std::vector<std::string>{"0123456789"});
  EXPECT_TRUE(outcome.too_large);
  std::string frame;
  EXPECT_EQ(decoder.next(frame), FrameDecoder::Status::too_large);
}

TEST(FrameDecoder, AllocatesNothingOnAnAnnouncedLengthAlone) {
  FrameDecoder decoder(1 * kGiB);
  const std::string header{'\x20', '\0', '\0', '\0'};  // 512 MiB
  EXPECT_TRUE(feed(decoder, header, 4).frames.empty());
  EXPECT_TRUE(decoder.mid_frame());
  EXPECT_LE(decoder.prepare().size(), 2 * kMiB);
}

TEST(FrameDecoder, KnowsThatHalfAHeaderIsMidFrame) {
  FrameDecoder decoder(100);
  EXPECT_FALSE(decoder.mid_frame());
  EXPECT_TRUE(feed(decoder, std::string_view("\0\0", 2), 2).frames.empty());
  EXPECT_TRUE(decoder.mid_frame());
}

}  // namespace
}  // namespace gvm::serve
