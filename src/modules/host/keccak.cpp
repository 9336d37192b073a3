#include "host/keccak.h"

#include <bit>
#include <cstddef>
#include <cstring>

namespace gvm::host {

namespace {

constexpr std::size_t kRounds = 24;
constexpr std::size_t kRate = KeccakSponge::kRate;
constexpr std::size_t kLanes = 25;
using State = std::array<std::uint64_t, kLanes>;  // lane (x, y) at x + 5 * y

// FIPS 202, 3.2.5, algorithm 5: the bits of iota come from an 8-bit linear feedback shift register.
constexpr bool round_bit(unsigned t) {
  unsigned r = 1;
  for (unsigned i = 0; i < t % 255; ++i) {
    r <<= 1;
    if ((r & 0x100U) != 0) r ^= 0x171U;
  }
  return (r & 1U) != 0;
}

constexpr std::array<std::uint64_t, kRounds> round_constants() {
  std::array<std::uint64_t, kRounds> constants{};
  for (unsigned round = 0; round < kRounds; ++round) {
    for (unsigned j = 0; j <= 6; ++j) {
      if (round_bit(j + 7 * round)) constants[round] |= std::uint64_t{1} << ((1U << j) - 1);
    }
  }
  return constants;
}
constexpr auto kRoundConstants = round_constants();

// FIPS 202, 3.2.2 and 3.2.3: rho's offsets and pi's moves along the same walk over the lanes.
struct Move {
  std::uint8_t to;
  std::uint8_t rotation;
};
constexpr std::array<Move, kLanes - 1> walk() {
  std::array<Move, kLanes - 1> moves{};
  unsigned x = 1;
  unsigned y = 0;
  for (unsigned t = 0; t < kLanes - 1; ++t) {
    const unsigned next_y = (2 * x + 3 * y) % 5;
    x = y;
    y = next_y;
    moves[t] = {static_cast<std::uint8_t>(x + 5 * y),
                static_cast<std::uint8_t>((t + 1) * (t + 2) / 2 % 64)};
  }
  return moves;
}
constexpr auto kWalk = walk();

void theta(State& a) {
  std::array<std::uint64_t, 5> column{};
  for (std::size_t x = 0; x < 5; ++x) {
    column[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
  }
  for (std::size_t x = 0; x < 5; ++x) {
    const std::uint64_t mix = column[(x + 4) % 5] ^ std::rotl(column[(x + 1) % 5], 1);
    for (std::size_t y = 0; y < kLanes; y += 5) a[x + y] ^= mix;
  }
}

void rho_pi(State& a) {
  std::uint64_t carried = a[1];
  for (const Move move : kWalk) {
    const std::uint64_t next = a[move.to];
    a[move.to] = std::rotl(carried, move.rotation);
    carried = next;
  }
}

void chi(State& a) {
  for (std::size_t y = 0; y < kLanes; y += 5) {
    const std::array<std::uint64_t, 5> row{a[y], a[y + 1], a[y + 2], a[y + 3], a[y + 4]};
    for (std::size_t x = 0; x < 5; ++x) a[y + x] = row[x] ^ (~row[(x + 1) % 5] & row[(x + 2) % 5]);
  }
}

void permute(State& a) {
  for (const std::uint64_t constant : kRoundConstants) {
    theta(a);
    rho_pi(a);
    chi(a);
    a[0] ^= constant;
  }
}

void absorb(State& a, const char* block) {
  static_assert(std::endian::native == std::endian::little);
  for (std::size_t i = 0; i < kRate / 8; ++i) {
    std::uint64_t lane = 0;
    std::memcpy(&lane, block + 8 * i, 8);
    a[i] ^= lane;
  }
  permute(a);
}

}  // namespace

Digest256 keccak256(std::string_view data) {
  return keccak_sponge(data, 0x01);
}

Digest256 keccak_sponge(std::string_view data, std::uint8_t padding) {
  return KeccakSponge().finish(data, padding);
}

void KeccakSponge::absorb(std::string_view blocks) {
  for (; blocks.size() >= kRate; blocks.remove_prefix(kRate)) {
    host::absorb(state_, blocks.data());
  }
}

Digest256 KeccakSponge::finish(std::string_view rest, std::uint8_t padding) {
  absorb(rest);
  rest.remove_prefix(rest.size() / kRate * kRate);
  std::array<char, kRate> last{};
  if (!rest.empty()) std::memcpy(last.data(), rest.data(), rest.size());
  last[rest.size()] = static_cast<char>(padding);
  last[kRate - 1] = static_cast<char>(last[kRate - 1] | '\x80');
  host::absorb(state_, last.data());
  Digest256 digest{};
  std::memcpy(digest.data(), state_.data(), digest.size());
  return digest;
}

}  // namespace gvm::host
