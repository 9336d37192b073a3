#pragma once
// Keccak-256 with the original padding (0x01), as Ethereum uses it. SHA3-256 of FIPS 202 differs by
// its padding (0x06) and comes from OpenSSL, which has no original Keccak before 3.2.
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gvm::host {

using Digest256 = std::array<std::uint8_t, 32>;

Digest256 keccak256(std::string_view data);

// The sponge itself: Keccak[512] over `data`, then the byte that starts the padding (0x01 Keccak,
// 0x06 SHA-3).
Digest256 keccak_sponge(std::string_view data, std::uint8_t padding);

// The same piece by piece.
class KeccakSponge {
 public:
  static constexpr std::size_t kRate = 136;  // bytes: 1600 bits less twice the digest

  // A multiple of kRate bytes.
  void absorb(std::string_view blocks);
  // What remains, of any length.
  Digest256 finish(std::string_view rest, std::uint8_t padding);

 private:
  std::array<std::uint64_t, 25> state_{};  // lane (x, y) at x + 5 * y
};

}  // namespace gvm::host
