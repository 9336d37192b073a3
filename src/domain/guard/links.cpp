#include "guard/links.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace gvm::guard {
namespace {

constexpr std::size_t kLongestScheme = 12;
constexpr std::size_t kLongestUrl = 8192;
constexpr std::uint64_t kJudging = 10'000;  // nanoseconds for one address

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Where addresses end in running text.
std::size_t end_of_url(std::string_view text, std::size_t begin) {
  constexpr std::string_view kEnds = " \t\r\n\"'<>`{}|\\^";
  auto end = begin;
  while (end < text.size() && end - begin < kLongestUrl &&
         kEnds.find(text[end]) == std::string_view::npos)
    ++end;
  constexpr std::string_view kSentence = ".,;:!?)]*_";
  while (end > begin && kSentence.find(text[end - 1]) != std::string_view::npos) --end;
  return end;
}

class Links final : public Detector {
 public:
  void find(const Reading& reading, const Report& report) const override {
    if (find_active(reading.clean.text(), report)) find_urls(reading, report);
  }

 private:
  static bool find_active(std::string_view text, const Report& report) {
    static constexpr std::array<std::string_view, 2> kActive = {"javascript:", "data:text/html"};
    // RFC 3986, 3.1: schemes are the same in any case.
    const auto lower = lowered(text);
    for (const auto scheme : kActive) {
      for (auto at = lower.find(scheme); at != std::string::npos;) {
        const auto end = std::max(end_of_url(text, at), at + scheme.size());
        if (!report({at, end}, "active_link", 0)) return false;
        at = lower.find(scheme, end);
      }
    }
    return true;
  }

  static void find_urls(const Reading& reading, const Report& report) {
    if (reading.links == nullptr) return;
    const auto text = reading.clean.text();
    for (auto at = text.find("://"); at != std::string_view::npos;) {
      auto begin = at;
      while (begin > 0 && at - begin < kLongestScheme && is_letter(text[begin - 1])) --begin;
      const auto end = end_of_url(text, begin);
      if (!may_spend(reading.effort, kJudging)) return;
      const bool is_url = begin < at && end > at + 3;
      if (is_url && !(*reading.links)(text.substr(begin, end - begin)).empty() &&
          !report({begin, end}, "link", 0))
        return;
      at = text.find("://", std::max(end, at + 3));
    }
  }
};

}  // namespace

std::unique_ptr<Detector> make_links() {
  return std::make_unique<Links>();
}

}  // namespace gvm::guard
