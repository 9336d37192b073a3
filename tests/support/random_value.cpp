#include "support/random_value.h"

#include <algorithm>
#include <array>

namespace gvm::test {

Integer RandomValue::integer() {
  const auto bits = static_cast<unsigned>(below(3) == 0 ? below(700) : below(70));
  std::vector<std::uint64_t> limbs(bits / 64 + 1);
  for (auto& limb : limbs) limb = random_();
  limbs.back() &= (std::uint64_t{1} << bits % 64) - 1;
  // Half of the numbers are at an edge: a power of two, or one less.
  if (below(2) == 0) {
    std::ranges::fill(limbs, below(2) == 0 ? 0 : ~std::uint64_t{0});
    limbs.back() =
        limbs.front() == 0 ? std::uint64_t{1} << bits % 64 : (std::uint64_t{1} << bits % 64) - 1;
  }
  return Integer::from_limbs(limbs, below(2) == 0);
}

std::size_t RandomValue::size() {
  constexpr std::array<std::size_t, 6> kEdges{15,  16,   127,
                                              128, 2047, 2048};  // of the length's encoding
  return below(8) == 0 ? kEdges[below(kEdges.size())] : below(12);
}

std::string RandomValue::text() {
  constexpr std::array<std::string_view, 8> kCharacters{
      "a", "Z", " ", "\"", "\\", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
  std::string text;
  for (std::size_t i = size(); i > 0; --i) text += kCharacters[below(kCharacters.size())];
  return text;
}

std::string RandomValue::bytes() {
  std::string bytes(size(), '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random_());
  return bytes;
}

Value RandomValue::value(int depth) {
  switch (below(depth > 0 ? 10 : 6)) {
    case 0:
      return Value::null();
    case 1:
      return Value::boolean(below(2) == 0);
    case 2:
      return Value::integer(integer());
    case 3:
      return Value::bytes(bytes());
    case 4:
      return Value::string(text());
    case 5: {
      Address address;
      for (auto& byte : address) byte = static_cast<std::uint8_t>(random_());
      return Value::address(address);
    }
    case 6:
    case 7: {
      Value::Array items;
      for (std::size_t i = below(7); i > 0; --i) items.push_back(value(depth - 1));
      return Value::array(std::move(items));
    }
    default: {
      std::vector<Value::Map::Entry> entries;
      for (std::size_t i = below(7); i > 0; --i)
        entries.emplace_back(Blob(text()), value(depth - 1));
      return Value::map(Value::Map::from_entries(std::move(entries)));
    }
  }
}

}  // namespace gvm::test
