#include "policy/embedded_v4.h"

namespace gvm::policy {
namespace {

constexpr bool starts_with(const IpAddress& address, std::span<const unsigned char> prefix) {
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    if (address.byte(i) != prefix[i]) return false;
  }
  return true;
}

constexpr IpAddress::Bytes4 bytes_at(const IpAddress& address, std::size_t at) {
  return {address.byte(at), address.byte(at + 1), address.byte(at + 2), address.byte(at + 3)};
}

constexpr std::array<unsigned char, 12> kCompatible{};
constexpr std::array<unsigned char, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<unsigned char, 12> kTranslated{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
constexpr std::array<unsigned char, 12> kNat64{0, 0x64, 0xff, 0x9b};
constexpr std::array<unsigned char, 6> kLocalNat64{0, 0x64, 0xff, 0x9b, 0, 1};
constexpr std::array<unsigned char, 2> kSixToFour{0x20, 0x02};
constexpr std::array<unsigned char, 4> kTeredo{0x20, 0x01, 0, 0};

constexpr std::size_t kLast4 = 12;

}  // namespace

EmbeddedV4s::EmbeddedV4s(const IpAddress& address) {
  if (address.is_v4()) return;
  find_by_prefix(address);
  find_isatap(address);
}

void EmbeddedV4s::add(std::string_view form, IpAddress::Bytes4 bytes) {
  if (count_ < found_.size()) found_[count_++] = {form, IpAddress::v4(bytes)};
}

void EmbeddedV4s::find_by_prefix(const IpAddress& address) {
  const auto last = bytes_at(address, kLast4);
  if (starts_with(address, kMapped)) return add("mapped", last);
  if (starts_with(address, kTranslated)) return add("translated", last);
  if (starts_with(address, kCompatible)) return add("compatible", last);
  if (starts_with(address, kNat64)) return add("NAT64", last);
  if (starts_with(address, kLocalNat64)) {
    // RFC 8215 leaves the prefix length to the network. RFC 6052, 2.2 says where the address is for
    // /96 and /48 (bits 64 to 71 are skipped).
    add("local NAT64", last);
    return add("local NAT64",
               {address.byte(6), address.byte(7), address.byte(9), address.byte(10)});
  }
  if (starts_with(address, kSixToFour)) return add("6to4", bytes_at(address, 2));
  if (!starts_with(address, kTeredo)) return;
  add("Teredo server", bytes_at(address, 4));
  auto client = last;  // RFC 4380, 4: every bit inverted
  for (auto& byte : client) byte = static_cast<unsigned char>(~byte);
  add("Teredo client", client);
}

// RFC 5214, 6.1: the interface identifier is 00-00-5E-FE or 02-00-5E-FE and the IPv4 address.
void EmbeddedV4s::find_isatap(const IpAddress& address) {
  const bool universal_or_local = (address.byte(8) & 0xFD) == 0;
  if (!universal_or_local || address.byte(9) != 0 || address.byte(10) != 0x5E ||
      address.byte(11) != 0xFE) {
    return;
  }
  add("ISATAP", bytes_at(address, kLast4));
}

}  // namespace gvm::policy
