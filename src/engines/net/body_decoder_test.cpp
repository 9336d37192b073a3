// Content codings, cut into pieces of every size.
#include "net/body_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "base/size.h"
#include "support/gzip.h"

namespace gvm::net {
namespace {

using Outcome = BodyDecoder::Outcome;

// "hello" as brotli makes it.
const std::string kBrotli("\x0b\x02\x80\x68\x65\x6c\x6c\x6f\x03", 9);

std::string zlib_of(const std::string& plain) {
  uLongf size = compressBound(plain.size());
  std::string out(size, '\0');
  EXPECT_EQ(compress(reinterpret_cast<Bytef*>(out.data()), &size,
                     reinterpret_cast<const Bytef*>(plain.data()), plain.size()),
            Z_OK);
  out.resize(size);
  return out;
}

std::string raw_of(const std::string& plain) {
  constexpr std::size_t kFrame = 2;
  constexpr std::size_t kChecksum = 4;
  const std::string framed = zlib_of(plain);
  return framed.substr(kFrame, framed.size() - kFrame - kChecksum);
}

// What comes out; "broken" or "cut" when it does not end well.
std::string decoded(Coding coding, std::string_view data, std::size_t piece) {
  BodyDecoder decoder(coding);
  std::string out;
  for (; !data.empty(); data.remove_prefix(std::min(piece, data.size()))) {
    const auto outcome =
        decoder.decode(data.substr(0, piece), out, [](const std::string&) { return true; });
    if (outcome == Outcome::broken) return "broken";
  }
  return decoder.complete() ? out : "cut";
}

void expect_for_all_pieces(Coding coding, const std::string& data, const std::string& expected) {
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 100UL, data.size() + 1})
    EXPECT_EQ(decoded(coding, data, piece), expected) << "in pieces of " << piece;
}

TEST(BodyDecoder, ReadsEveryCodingInPiecesOfEverySize) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "line " + std::to_string(i * 7919) + "\n";
  expect_for_all_pieces(Coding::gzip, test::gzip(text), text);
  expect_for_all_pieces(Coding::deflate, zlib_of(text), text);
  expect_for_all_pieces(Coding::deflate, raw_of(text), text);
  expect_for_all_pieces(Coding::brotli, kBrotli, "hello");
}

TEST(BodyDecoder, ReadsAllMembersOfGzip) {
  expect_for_all_pieces(Coding::gzip, test::gzip("one ") + test::gzip("") + test::gzip("two"),
                        "one two");
}

TEST(BodyDecoder, IgnoresWhatFollowsTheData) {
  expect_for_all_pieces(Coding::gzip, test::gzip("one") + std::string(20, '\0'), "one");
  expect_for_all_pieces(Coding::gzip, test::gzip("one") + "\x1f", "one");
  expect_for_all_pieces(Coding::gzip, test::gzip("one") + "\x1fnot gzip", "one");
  expect_for_all_pieces(Coding::deflate, zlib_of("one") + "more", "one");
  expect_for_all_pieces(Coding::brotli, kBrotli + "more", "hello");
}

TEST(BodyDecoder, TellsDataThatEndsTooEarly) {
  const std::string whole = test::gzip("some text, some text, some text");
  for (std::size_t size = 1; size < whole.size(); ++size)
    EXPECT_EQ(decoded(Coding::gzip, whole.substr(0, size), 5), "cut") << size;
  EXPECT_EQ(decoded(Coding::gzip, whole + whole.substr(0, 12), 100), "cut") << "in a second member";
  EXPECT_EQ(decoded(Coding::deflate, zlib_of("text").substr(0, 5), 100), "cut");
  EXPECT_EQ(decoded(Coding::brotli, kBrotli.substr(0, 5), 100), "cut");
  EXPECT_EQ(decoded(Coding::gzip, "", 1), "") << "no data is no cut data";
}

TEST(BodyDecoder, TellsDataThatIsNone) {
  EXPECT_EQ(decoded(Coding::gzip, "plain text", 100), "broken");
  std::string wrong = test::gzip("some text");
  wrong[wrong.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(decoded(Coding::gzip, wrong, 100), "broken");
  EXPECT_EQ(decoded(Coding::brotli, "plain text, no brotli at all", 100), "broken");
}

TEST(BodyDecoder, StopsWhereItIsTold) {
  BodyDecoder decoder(Coding::gzip);
  std::string out;
  const std::string bomb = test::gzip(std::string(2 * kMiB, '\0'));
  const auto outcome = decoder.decode(
      bomb, out, [](const std::string& so_far) { return so_far.size() < 100 * kKiB; });
  EXPECT_EQ(outcome, Outcome::full);
  EXPECT_LT(out.size(), 200 * kKiB);
}

TEST(BodyDecoder, KnowsTheCodingByItsNames) {
  using Names = std::vector<std::string_view>;
  EXPECT_EQ(coding_of(Names{}), Coding::none);
  EXPECT_EQ(coding_of(Names{"GZip"}), Coding::gzip);
  EXPECT_EQ(coding_of(Names{"identity", "br"}), Coding::brotli);
  EXPECT_EQ(coding_of(Names{"UTF-8", ""}), Coding::none);
  EXPECT_EQ(coding_of(Names{"gzip", "gzip"}), std::nullopt);
  EXPECT_EQ(coding_of(Names{"deflate, gzip"}), std::nullopt);
  EXPECT_EQ(coding_of(Names{"zstd"}), std::nullopt);
}

}  // namespace
}  // namespace gvm::net
