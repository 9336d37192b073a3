#include "image/huffman.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <functional>
#include <queue>
#include <vector>

namespace gvm::image {
namespace {

constexpr std::size_t kSymbols = 257;  // bytes, and the end of a block: RFC 1951, 3.2.5
constexpr std::size_t kEnd = 256;
constexpr unsigned kLongest = 15;  // bits of a code, 3.2.7

using Counts = std::array<std::uint32_t, kSymbols>;
using Lengths = std::array<unsigned char, kSymbols>;

// A symbol or, above them, a pair of nodes.
struct Node {
  std::uint64_t count;
  std::size_t index;
  bool operator>(const Node& other) const {
    return count != other.count ? count > other.count : index > other.index;
  }
};

// The depth of each symbol in Huffman's tree; 0 for those that do not occur.
Lengths depths_of(const Counts& counts) {
  std::priority_queue<Node, std::vector<Node>, std::greater<>> open;
  for (std::size_t i = 0; i < kSymbols; ++i)
    if (counts[i] > 0) open.push({counts[i], i});
  std::vector<std::size_t> parents(2 * kSymbols);
  std::size_t next = kSymbols;
  while (open.size() > 1) {
    const Node a = open.top();
    open.pop();
    const Node b = open.top();
    open.pop();
    parents[a.index] = parents[b.index] = next;
    open.push({a.count + b.count, next++});
  }
  std::vector<unsigned char> depths(next);
  for (std::size_t i = next - 1; i-- > 0;)
    if (parents[i] > 0) depths[i] = static_cast<unsigned char>(depths[parents[i]] + 1);
  Lengths lengths{};
  std::copy_n(depths.begin(), kSymbols, lengths.begin());
  return lengths;
}

// Counts that are closer to each other make a flatter tree. Ends: at last all are 1.
Lengths lengths_of(Counts counts) {
  while (true) {
    const Lengths lengths = depths_of(counts);
    if (*std::ranges::max_element(lengths) <= kLongest) return lengths;
    for (auto& count : counts) count = (count + 1) / 2;
  }
}

struct Code {
  std::uint16_t bits = 0;  // the first one lowest
  std::uint16_t count = 0;
};
using Codes = std::array<Code, kSymbols>;

std::uint16_t reversed(unsigned value, unsigned count) {
  unsigned out = 0;
  for (unsigned i = 0; i < count; ++i) out |= (value >> i & 1U) << (count - 1 - i);
  return static_cast<std::uint16_t>(out);
}

// 3.2.2: from their lengths alone.
Codes codes_of(const Lengths& lengths) {
  std::array<unsigned, kLongest + 1> of_length{}, next{};
  for (const auto length : lengths) ++of_length[length];
  of_length[0] = 0;
  for (unsigned count = 1; count <= kLongest; ++count)
    next[count] = (next[count - 1] + of_length[count - 1]) << 1U;
  Codes codes{};
  for (std::size_t i = 0; i < kSymbols; ++i) {
    const unsigned count = lengths[i];
    if (count > 0) codes[i] = {reversed(next[count]++, count), static_cast<std::uint16_t>(count)};
  }
  return codes;
}

Counts counts_of(std::string_view bytes) {
  // Four tables: a byte that comes again at once need not wait for its own count.
  std::array<Counts, 4> tables{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    ++tables[i % tables.size()][static_cast<unsigned char>(bytes[i])];
  Counts counts{};
  for (const auto& table : tables)
    for (std::size_t i = 0; i < kSymbols; ++i) counts[i] += table[i];
  counts[kEnd] = 1;
  if (bytes.empty()) counts[0] = 1;  // a tree has two leaves at least
  return counts;
}

void store_little(char* to, std::uint64_t value) {
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof(value));
}

}  // namespace

HuffmanWriter::HuffmanWriter(std::string& out)
    : out_(out), checksum_(static_cast<std::uint32_t>(::adler32(0, nullptr, 0))) {
  out_ += "\x78\x01";  // RFC 1950, 2.2: a window of 32 KiB, the fastest way
}

void HuffmanWriter::put(std::uint64_t bits, unsigned count) {
  held_ |= bits << held_count_;
  held_count_ += count;
  for (; held_count_ >= 8; held_count_ -= 8, held_ >>= 8U) out_ += static_cast<char>(held_ & 0xFFU);
}

void HuffmanWriter::add(std::string_view bytes, Block block) {
  checksum_ = static_cast<std::uint32_t>(
      ::adler32_z(checksum_, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
  put(block == Block::last ? 1 : 0, 1);
  put(2, 2);  // 3.2.3: a block with codes of its own
  put_block(bytes);
  if (block == Block::last) end_stream();
}

// 3.2.7. The lengths of the codes are sent with a code in which each length from 0 to 15 has four
// bits. There are two distances, as zlib has them where none is used: not every reader takes fewer.
void HuffmanWriter::put_lengths(std::span<const unsigned char> lengths) {
  constexpr unsigned kSentLengths = 19;
  constexpr unsigned kRunLengths = 3;  // the first three of them: 16, 17, 18
  put(kSymbols - 257, 5);
  put(2 - 1, 5);
  put(kSentLengths - 4, 4);
  for (unsigned i = 0; i < kSentLengths; ++i) put(i < kRunLengths ? 0 : 4, 3);
  for (const auto length : lengths) put(reversed(length, 4), 4);
  for (int i = 0; i < 2; ++i) put(reversed(1, 4), 4);
}

void HuffmanWriter::put_block(std::string_view bytes) {
  const Lengths lengths = lengths_of(counts_of(bytes));
  put_lengths(lengths);
  const Codes codes = codes_of(lengths);
  const std::size_t before = out_.size();
  out_.resize(before + bytes.size() * kLongest / 8 + 2 * sizeof(std::uint64_t));
  char* to = out_.data() + before;
  constexpr std::size_t kAtOnce = 3;  // their bits and 7 held ones fit
  std::uint64_t held = held_;
  unsigned count = held_count_;
  std::size_t i = 0;
  for (; i + kAtOnce <= bytes.size(); i += kAtOnce) {
    for (std::size_t k = 0; k < kAtOnce; ++k) {
      const Code code = codes[static_cast<unsigned char>(bytes[i + k])];
      held |= std::uint64_t{code.bits} << count;
      count += code.count;
    }
    store_little(to, held);
    to += count / 8;
    held >>= count / 8 * 8;
    count %= 8;
  }
  out_.resize(static_cast<std::size_t>(to - out_.data()));
  held_ = held;
  held_count_ = count;
  for (; i < bytes.size(); ++i) {
    const Code code = codes[static_cast<unsigned char>(bytes[i])];
    put(code.bits, code.count);
  }
  put(codes[kEnd].bits, codes[kEnd].count);
}

void HuffmanWriter::end_stream() {
  put(0, (8 - held_count_) % 8);
  for (const unsigned shift : {24U, 16U, 8U, 0U})
    out_ += static_cast<char>(checksum_ >> shift & 0xFFU);
}

}  // namespace gvm::image
