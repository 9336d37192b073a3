#pragma once
// Texts that no answer may repeat: the system texts of a session, and canaries, words that stand
// nowhere else.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "guard/detector.h"

namespace gvm::guard {

// Made once a session; immutable.
class SystemTexts {
 public:
  // Passages of so many bytes, in search form, count.
  static constexpr std::size_t kPassage = 48;
  static constexpr std::size_t kLeastCanary = 8;  // bytes; shorter ones are ignored

  SystemTexts(const std::vector<std::string>& texts, std::vector<std::string> canaries);

  // The passages of `search`, a text in search form, that stand in a system text too, as long as
  // they are, and the canaries in it.
  std::vector<Span> repeated_in(std::string_view search) const;

 private:
  bool holds(std::uint64_t hash, std::string_view passage) const;

  std::vector<std::string> texts_;  // in search form
  std::vector<std::string> canaries_;
  struct Place {
    std::uint64_t hash;
    std::uint32_t text;
    std::uint32_t at;
  };
  std::vector<Place> places_;        // sorted by hash
  std::vector<std::uint64_t> seen_;  // a bit for each hash: most passages are refused by it
};

std::unique_ptr<Detector> make_canary();

}  // namespace gvm::guard
