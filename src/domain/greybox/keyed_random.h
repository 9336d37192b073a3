#pragma once
// Random numbers that nobody can foresee without the seed, however many of them he has seen: a
// prompt's text and the parameters that providers get are made of them. SipHash-2-4 (Aumasson,
// Bernstein: "SipHash: a fast short-input PRF", 2012), keyed by the seed. Routing's generator is
// faster, but one of its numbers tells all others.
#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace gvm::greybox {

struct SipKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

// Of whole words; the bytes of a message are little-endian in them.
constexpr std::uint64_t sip_hash(SipKey key, std::span<const std::uint64_t> words) {
  std::uint64_t v0 = key.low ^ 0x736f6d6570736575;
  std::uint64_t v1 = key.high ^ 0x646f72616e646f6d;
  std::uint64_t v2 = key.low ^ 0x6c7967656e657261;
  std::uint64_t v3 = key.high ^ 0x7465646279746573;
  const auto round = [&] {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  };
  const auto absorb = [&](std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  };
  for (const auto word : words) absorb(word);
  absorb(static_cast<std::uint64_t>(words.size() * sizeof(std::uint64_t)) << 56);
  v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) round();
  return v0 ^ v1 ^ v2 ^ v3;
}

// The sequence of numbers of one purpose. Sequences of other purposes, prompts or seeds tell
// nothing about it.
class KeyedRandom {
 public:
  // `purpose` and `prompt` may be any numbers.
  constexpr KeyedRandom(std::uint64_t seed, std::uint64_t purpose, std::uint64_t prompt)
      : key_{seed, kOurs}, words_{purpose, prompt, 0} {}

  constexpr std::uint64_t next() {
    const auto number = sip_hash(key_, words_);
    ++words_[2];
    return number;
  }
  // 0 <= x < 1, with 53 random bits.
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  // 0 <= x <= most. Numbers above it are drawn again: two tries on average at most.
  constexpr std::uint64_t up_to(std::uint64_t most) {
    const std::uint64_t mask = most == 0 ? 0 : ~std::uint64_t{0} >> std::countl_zero(most);
    std::uint64_t number = next() & mask;
    while (number > most) number = next() & mask;
    return number;
  }

 private:
  static constexpr std::uint64_t kOurs = 0x67726579626f7831;  // the rest of the key
  SipKey key_;
  std::array<std::uint64_t, 3> words_;
};

}  // namespace gvm::greybox
