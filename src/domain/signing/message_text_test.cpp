#include "signing/message_text.h"

#include <gtest/gtest.h>

#include "signing/codes.h"

namespace gvm::signing {
namespace {

TEST(MessageText, TheBodyEndsWhereItsLengthSays) {
  const auto message =
      parse_message("POST /x HTTP/1.1\nHost: e.com\nContent-Length: 4\n\nbody\n", "https").value();
  EXPECT_EQ(message.body, "body");
  EXPECT_EQ(message.method, "POST");
  EXPECT_EQ(message.target.uri, "https://e.com/x");
}

TEST(MessageText, ReadsWhatItWrites) {
  for (const char* text :
       {"GET /a?b HTTP/1.1\r\nHost: e.com\r\nX:\r\n\r\n", "HTTP/1.1 204 \r\nDate: x\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: e.com\r\nContent-Length: 3\r\n\r\nabc",
        "HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nExpires: "
        "now\r\n\r\n"}) {
    const auto message = parse_message(text, "https");
    ASSERT_TRUE(message) << text;
    const auto again = parse_message(write_message(*message), "https").value();
    EXPECT_EQ(write_message(again), write_message(*message));
    EXPECT_EQ(again.body, message->body);
    EXPECT_EQ(again.trailers.size(), message->trailers.size());
  }
}

TEST(MessageText, RefusesWhatIsNoMessage) {
  for (const char* text :
       {"", "nonsense", "GET /", "GET / HTTP/1.1\n\n", "GET / HTTP/1.1\nHost: a\nHost: b\n\n",
        "GET / HTTP/1.1\nHost : a\n\n", "GET / HTTP/1.1\n folded\n\n",
        "GET x HTTP/1.1\nHost: a\n\n", "G T / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\nHost: a/b\n\n", "HTTP/1.1 20\n\n", "GET / HTTP/1.1\nHost: user@a\n\n",
        "GET / HTTP/1.1\nHost: a:b\n\n", "HTTP/1.1 abc\n\n", "GET /#f HTTP/1.1\nHost: a\n\n",
        "POST / HTTP/1.1\nHost: a\nContent-Length: 9\n\nabc",
        "POST / HTTP/1.1\nHost: a\nContent-Length: -1\n\nabc",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n5\nabc",
        "POST / HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\nffffffffffffffffff\nabc"}) {
    const auto message = parse_message(text, "https");
    ASSERT_FALSE(message) << text;
    EXPECT_EQ(message.error().code(), codes::kMalformedMessage) << text;
  }
}

}  // namespace
}  // namespace gvm::signing
