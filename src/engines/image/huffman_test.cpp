// What the writer of single codes makes is read by zlib.
#include "image/huffman.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <vector>

namespace gvm::image {
namespace {

std::string written(const std::vector<std::string>& blocks) {
  std::string out;
  HuffmanWriter writer(out);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const bool last = i + 1 == blocks.size();
    writer.add(blocks[i], last ? HuffmanWriter::Block::last : HuffmanWriter::Block::more);
  }
  return out;
}

std::string read_by_zlib(const std::string& stream, std::size_t size) {
  std::string out(size + 1, '\0');
  uLongf length = out.size();
  const auto* from = reinterpret_cast<const Bytef*>(stream.data());
  const int code = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &length, from, stream.size());
  EXPECT_EQ(code, Z_OK);
  out.resize(length);
  return out;
}

void expect_same(const std::vector<std::string>& blocks, const char* what) {
  std::string all;
  for (const auto& block : blocks) all += block;
  EXPECT_TRUE(read_by_zlib(written(blocks), all.size()) == all) << what;
}

std::string noise(std::size_t size, double deviation) {
  std::mt19937 random(5);
  std::normal_distribution<double> normal(0, deviation);
  std::string out(size, '\0');
  for (auto& byte : out) byte = static_cast<char>(static_cast<int>(normal(random)));
  return out;
}

TEST(HuffmanWriter, ZlibReadsWhatItWrites) {
  for (const double deviation : {0.1, 1.0, 5.0, 60.0, 500.0})
    expect_same({noise(100'000, deviation)}, std::to_string(deviation).c_str());
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  expect_same({all}, "every byte once");
}

TEST(HuffmanWriter, EveryLengthEndsWhereItShould) {
  for (std::size_t size = 0; size < 40; ++size) {
    expect_same({noise(size, 3)}, "short");
    expect_same({std::string(size, 'a')}, "one kind of byte");
  }
}

TEST(HuffmanWriter, BlocksFollowEachOtherAtAnyBit) {
  std::vector<std::string> blocks;
  for (std::size_t i = 0; i < 30; ++i) blocks.push_back(noise(i * 7, 1.0 + static_cast<double>(i)));
  blocks.insert(blocks.begin() + 3, "");
  expect_same(blocks, "many");
}

// Counts as Fibonacci's numbers make the deepest tree: 25 levels here, of which 15 may be used.
TEST(HuffmanWriter, NoCodeIsLongerThanTheFormatAllows) {
  std::string bytes;
  std::size_t count = 1, before = 1;
  for (int symbol = 0; symbol < 26; ++symbol) {
    bytes.append(count, static_cast<char>(symbol));
    const std::size_t sum = count + before;
    before = count;
    count = sum;
  }
  expect_same({bytes}, "Fibonacci");
}

TEST(HuffmanWriter, IsAsShortAsTheEntropyAllows) {
  const std::string bytes = noise(1'000'000, 4);
  const auto bits = 8.0 * static_cast<double>(written({bytes}).size());
  // Whole numbers of a normal distribution: log2(4 * sqrt(2 * pi * e)) bits, a little less here.
  EXPECT_LT(bits / static_cast<double>(bytes.size()), 4.1);
}

}  // namespace
}  // namespace gvm::image
