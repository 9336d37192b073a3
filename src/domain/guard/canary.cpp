#include "guard/canary.h"

#include <algorithm>

namespace gvm::guard {
namespace {

constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15;

// A hash of the last kPassage bytes, byte by byte (Rabin and Karp).
class RollingHash {
 public:
  RollingHash() {
    for (std::size_t i = 1; i < SystemTexts::kPassage; ++i) oldest_ *= kBase;
  }
  void add(unsigned char byte) { hash_ = hash_ * kBase + byte + 1; }
  void drop(unsigned char byte) { hash_ -= (byte + std::uint64_t{1}) * oldest_; }
  // Spread over all bits.
  std::uint64_t value() const { return (hash_ ^ hash_ >> 29) * kBase; }

 private:
  std::uint64_t hash_ = 0;
  std::uint64_t oldest_ = 1;
};

constexpr std::size_t kSeenBits = std::size_t{1} << 16;

constexpr std::size_t bit_of(std::uint64_t hash) {
  return hash >> 48;
}

// Calls each(hash, begin) for every passage.
template <class Each>
void passages(std::string_view text, Each&& each) {
  RollingHash hash;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i >= SystemTexts::kPassage)
      hash.drop(static_cast<unsigned char>(text[i - SystemTexts::kPassage]));
    hash.add(static_cast<unsigned char>(text[i]));
    if (i + 1 >= SystemTexts::kPassage) each(hash.value(), i + 1 - SystemTexts::kPassage);
  }
}

class CanaryDetector final : public Detector {
 public:
  void find(const Reading& reading, const Report& report) const override {
    for (const auto* texts : reading.system_texts) {
      if (texts == nullptr) continue;
      for (const auto span : texts->repeated_in(reading.search.text()))
        if (!report(span, "system_text", 0)) return;
    }
  }
  bool in_search() const override { return true; }
};

void join_overlaps(std::vector<Span>& spans) {
  std::ranges::sort(spans, {}, &Span::begin);
  std::vector<Span> joined;
  for (const auto span : spans) {
    if (!joined.empty() && span.begin <= joined.back().end) {
      joined.back().end = std::max(joined.back().end, span.end);
    } else {
      joined.push_back(span);
    }
  }
  spans = std::move(joined);
}

}  // namespace

SystemTexts::SystemTexts(const std::vector<std::string>& texts, std::vector<std::string> canaries)
    : seen_(kSeenBits / 64) {
  for (const auto& canary : canaries)
    if (auto form = search_text(canary); form.size() >= kLeastCanary)
      canaries_.push_back(std::move(form));
  for (const auto& text : texts) {
    const auto index = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(search_text(text));
    passages(texts_.back(), [&](std::uint64_t hash, std::size_t at) {
      places_.push_back({hash, index, static_cast<std::uint32_t>(at)});
      seen_[bit_of(hash) / 64] |= std::uint64_t{1} << bit_of(hash) % 64;
    });
  }
  std::ranges::sort(places_, {}, &Place::hash);
  // Equal passages: one is enough to compare with.
  const auto same = std::ranges::unique(places_, {}, &Place::hash);
  places_.erase(same.begin(), same.end());
}

bool SystemTexts::holds(std::uint64_t hash, std::string_view passage) const {
  if ((seen_[bit_of(hash) / 64] >> bit_of(hash) % 64 & 1) == 0) return false;
  const auto at = std::ranges::lower_bound(places_, hash, {}, &Place::hash);
  return at != places_.end() && at->hash == hash &&
         std::string_view(texts_[at->text]).substr(at->at, kPassage) == passage;
}

std::vector<Span> SystemTexts::repeated_in(std::string_view search) const {
  std::vector<Span> found;
  if (!places_.empty()) {
    passages(search, [&](std::uint64_t hash, std::size_t at) {
      if (holds(hash, search.substr(at, kPassage))) found.push_back({at, at + kPassage});
    });
  }
  for (const std::string_view canary : canaries_)
    for (auto at = search.find(canary); at != std::string_view::npos;
         at = search.find(canary, at + canary.size()))
      found.push_back({at, at + canary.size()});
  join_overlaps(found);
  return found;
}

std::unique_ptr<Detector> make_canary() {
  return std::make_unique<CanaryDetector>();
}

}  // namespace gvm::guard
