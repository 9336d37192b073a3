#include "serve/ws_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <vector>

#include "base/size.h"
#include "serve/ws_handshake.h"

namespace gvm::serve {
namespace {

using Status = WsDecoder::Status;

constexpr std::size_t kLimit = 200 * kKiB;

std::string masked(char first, std::string_view payload, std::string mask = "\x12\x34\x56\x78") {
  std::string out(1, first);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    const std::size_t bytes = payload.size() < 0x10000 ? 2 : 8;
    out += static_cast<char>(bytes == 2 ? 0xFE : 0xFF);
    for (std::size_t i = bytes; i-- > 0;) out += static_cast<char>(payload.size() >> (8 * i));
  }
  out += mask;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(payload[i] ^ mask[i % 4]);
  return out;
}

std::string binary(std::string_view payload) {
  return masked('\x82', payload);
}

// What the decoder made of `stream`, fed in pieces of at most `piece` bytes: "kind payload".
std::vector<std::string> decode(std::string_view stream, std::size_t piece = kMiB) {
  WsDecoder decoder(kLimit);
  std::vector<std::string> events;
  const auto note = [&](const char* kind, const std::string& payload) {
    events.push_back(std::string(kind) + " " + payload);
  };
  for (;;) {
    std::string payload;
    switch (decoder.next(payload)) {
      case Status::message:
        note("message", payload);
        continue;
      case Status::ping:
        note("ping", payload);
        continue;
      case Status::pong:
        note("pong", payload);
        continue;
      case Status::close:
        note("close", payload);
        continue;
      case Status::violation:
        return note("violation", std::string(decoder.problem())), events;
      case Status::invalid_text:
        return note("invalid", std::string(decoder.problem())), events;
      case Status::too_large:
        return note("too large", ""), events;
      case Status::need_more:
        break;
    }
    if (stream.empty()) {
      if (decoder.mid_message()) note("unfinished", "");
      return events;
    }
    const auto room = decoder.prepare();
    EXPECT_FALSE(room.empty());
    const auto count = std::min({room.size(), stream.size(), piece});
    std::memcpy(room.data(), stream.data(), count);
    decoder.commit(count);
    stream.remove_prefix(count);
  }
}

using Events = std::vector<std::string>;

TEST(WsHandshake, TheAcceptKeyIsThatOfTheStandard) {
  EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(WsDecoder, ReadsTheExamplesOfTheStandard) {
  const std::string hello("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
  EXPECT_EQ(decode(hello), Events{"message Hello"});
}

TEST(WsDecoder, GivesTheSameWhateverThePieces) {
  std::mt19937 random(1);
  std::string stream;
  Events expected;
  for (int i = 0; i < 60; ++i) {
    std::string payload(random() % (i % 10 == 0 ? 100'000 : 300), '\0');
    for (char& c : payload) c = static_cast<char>(random());
    const std::string mask{static_cast<char>(random()), static_cast<char>(random()),
                           static_cast<char>(random()), static_cast<char>(random())};
    const std::size_t cut = payload.empty() ? 0 : random() % payload.size();
    stream += masked('\x02', payload.substr(0, cut), mask);
    stream += masked('\x89', "p" + std::to_string(i));
    expected.push_back("ping p" + std::to_string(i));
    stream += masked('\x80', payload.substr(cut), mask);
    expected.push_back("message " + payload);
  }
  stream += masked('\x8A', "");
  expected.emplace_back("pong ");
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 100UL, 4096UL, 1'000'000UL})
    EXPECT_EQ(decode(stream, piece), expected) << piece;
}

TEST(WsDecoder, TellsThatSomethingIsUnfinished) {
  EXPECT_EQ(decode(masked('\x02', "first of two")), Events{"unfinished "});
  EXPECT_EQ(decode(binary("whole").substr(0, 9)), Events{"unfinished "});
  EXPECT_EQ(decode(binary("whole").substr(0, 1)), Events{"unfinished "});
  EXPECT_EQ(decode(binary("whole")), Events{"message whole"});
}

TEST(WsDecoder, CloseFramesCarryACodeOrNothing) {
  EXPECT_EQ(decode(masked('\x88', "")), Events{"close "});
  EXPECT_EQ(decode(masked('\x88', "\x03\xe8gone")), Events{"close \x03\xe8"});
  EXPECT_EQ(decode(masked('\x88', "\x0b\xb8")), Events{"close \x0b\xb8"}) << "3000";
  for (const std::string& bad :
       {std::string("\x03"), std::string("\x03\xe7"), std::string("\x03\xed"),
        std::string("\x03\xee"), std::string("\x13\x88")})
    EXPECT_EQ(decode(masked('\x88', bad)),
              Events{"violation a close frame without a valid status code"});
  EXPECT_EQ(decode(masked('\x88', "\x03\xe8\xff")),
            Events{"invalid a close reason that is no UTF-8"});
}

TEST(WsDecoder, TextIsCheckedAcrossFragmentsAndBinaryIsNot) {
  EXPECT_EQ(decode(masked('\x01', "\xc3") + masked('\x80', "\xa9")), Events{"message \xc3\xa9"});
  EXPECT_EQ(decode(masked('\x81', "\xc3")), Events{"invalid a text message that is no UTF-8"});
  EXPECT_EQ(decode(masked('\x01', "a") + masked('\x80', "\xed\xa0\x80")),
            Events{"invalid a text message that is no UTF-8"});
  EXPECT_EQ(decode(masked('\x82', "\xc3")), Events{"message \xc3"});
}

TEST(WsDecoder, RefusesWhatAServerMustRefuse) {
  const std::string mask = "mask";
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\x82\x05hello", "a frame that is not masked"},
      {"\xc2\x80" + mask, "reserved bits"},
      {"\x92\x80" + mask, "reserved bits"},
      {"\x83\x80" + mask, "an unknown data frame"},
      {"\x8b\x80" + mask, "an unknown control frame"},
      {"\x80\x80" + mask, "a continuation of no message"},
      {"\x09\x80" + mask, "a control frame in fragments"},
      {std::string("\x89\xfe\0\x7e", 4) + mask, "a control frame that is too long"},
      {std::string("\x82\xfe\0\x7d", 4) + mask, "a payload length in a longer form than it needs"},
      {std::string("\x82\xff\0\0\0\0\0\0\xff\xff", 10) + mask,
       "a payload length in a longer form than it needs"},
      {masked('\x02', "a") + masked('\x82', "b"), "a message within the fragments of another"},
  };
  for (const auto& [stream, problem] : cases)
    for (const std::size_t piece : {1UL, 100UL})
      EXPECT_EQ(decode(stream, piece), Events{"violation " + problem});
}

TEST(WsDecoder, TheLimitCountsAllFragmentsAndIsSeenBeforeThePayloadComes) {
  EXPECT_EQ(decode(binary(std::string(kLimit, 'x'))).front().size(), kLimit + 8);
  EXPECT_EQ(decode(binary(std::string(kLimit + 1, 'x')).substr(0, 10)), Events{"too large "});
  EXPECT_EQ(decode(masked('\x02', std::string(kLimit, 'x')) + masked('\x80', "y")),
            Events{"too large "});
  EXPECT_EQ(decode(std::string("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10)),
            Events{"too large "});
}

TEST(WsDecoder, AnAnnouncedLengthTakesNoMemory) {
  WsDecoder decoder(1 * kGiB);
  const std::string head("\x82\xff\0\0\0\0\x20\0\0\0mask", 14);
  std::string payload;
  EXPECT_EQ(decoder.next(payload), Status::need_more);
  const auto first = decoder.prepare();
  std::memcpy(first.data(), head.data(), head.size());
  decoder.commit(head.size());
  EXPECT_EQ(decoder.next(payload), Status::need_more);
  EXPECT_LE(decoder.prepare().size(), 8 * kKiB);
}

}  // namespace
}  // namespace gvm::serve
