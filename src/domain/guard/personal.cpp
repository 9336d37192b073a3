#include "guard/personal.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"
#include "base/encoding.h"

namespace gvm::guard {
namespace {

using Find = bool (*)(const Reading&, const Report&);

struct Kind {
  std::string_view name;
  PersonalKind kind;
  Find find;
};
// In the order in which they look: what an earlier one found is not looked for again by masking.
constexpr Kind kKinds[] = {
    {"email", PersonalKind::email, find_emails},
    {"iban", PersonalKind::iban, find_ibans},
    {"card", PersonalKind::card, find_cards},
    {"national_id", PersonalKind::national_id, find_national_ids},
    {"phone", PersonalKind::phone, find_phones},
    {"ip", PersonalKind::ip, find_addresses},
};

class Personal final : public Detector {
 public:
  explicit Personal(std::vector<PersonalKind> kinds) : kinds_(std::move(kinds)) {}

  void find(const Reading& reading, const Report& report) const override {
    for (const auto& kind : kKinds) {
      const bool wanted = kinds_.empty() || std::ranges::find(kinds_, kind.kind) != kinds_.end();
      if (wanted && !kind.find(reading, report)) return;
    }
  }

 private:
  std::vector<PersonalKind> kinds_;
};

constexpr bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Letters above ASCII (RFC 6531): U+00C0 to U+1FFF. Quotes are above, as are scripts that stand
// next to an address without a space.
constexpr bool is_letter_lead(char c) {
  return static_cast<unsigned char>(c) >= 0xC3 && static_cast<unsigned char>(c) < 0xE2;
}
constexpr bool is_continuation(char c) {
  return (c & 0xC0) == 0x80;
}

// RFC 5321's dot-atom as people have it.
constexpr bool in_local_part(char c) {
  return is_alnum(c) || std::string_view("._%+-'").find(c) != std::string_view::npos;
}
constexpr bool in_domain(char c) {
  return is_alnum(c) || c == '-' || c == '.';
}

// Where the character before `at` begins, when it may be of a local part; else `at`.
std::size_t step_back(std::string_view text, std::size_t at) {
  if (at == 0 || in_local_part(text[at - 1])) return at == 0 ? 0 : at - 1;
  auto begin = at - 1;
  while (begin > 0 && is_continuation(text[begin])) --begin;
  return is_letter_lead(text[begin]) ? begin : at;
}

// Behind the character at `at`, when it may be of a domain; else `at`.
std::size_t step_on(std::string_view text, std::size_t at) {
  if (at >= text.size() || in_domain(text[at])) return std::min(at + 1, text.size());
  if (!is_letter_lead(text[at])) return at;
  auto end = at + 1;
  while (end < text.size() && is_continuation(text[end])) ++end;
  return end;
}

constexpr std::size_t kLongestLocalPart = 64;
constexpr std::size_t kLongestDomain = 253;

bool is_domain(std::string_view domain) {
  const auto dot = domain.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || domain.find("..") != std::string_view::npos)
    return false;
  const auto last = domain.substr(dot + 1);
  // Letters only: "package@1.2.3" is a version.
  return last.size() >= 2 &&
         std::ranges::none_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

// A user of a service and no person.
bool is_service(std::string_view local) {
  return local == "git" || local == "hg" || local == "svn";
}

Span email_at(std::string_view text, std::size_t sign) {
  auto begin = sign;
  for (auto next = step_back(text, begin); next != begin && sign - next <= kLongestLocalPart;
       next = step_back(text, begin))
    begin = next;
  while (begin < sign && std::string_view(".-'%").find(text[begin]) != std::string_view::npos)
    ++begin;
  auto end = sign + 1;
  for (auto next = step_on(text, end); next != end && next - sign <= kLongestDomain;
       next = step_on(text, end))
    end = next;
  while (end > sign + 1 && (text[end - 1] == '.' || text[end - 1] == '-')) --end;
  const bool good = begin < sign && is_domain(text.substr(sign + 1, end - sign - 1)) &&
                    !is_service(text.substr(begin, sign - begin));
  return good ? Span{begin, end} : Span{};
}

}  // namespace

std::optional<PersonalKind> personal_kind_named(std::string_view name) {
  const auto* const at = std::ranges::find(kKinds, name, &Kind::name);
  return at == std::end(kKinds) ? std::nullopt : std::optional(at->kind);
}

std::unique_ptr<Detector> make_personal(std::vector<PersonalKind> kinds) {
  return std::make_unique<Personal>(std::move(kinds));
}

bool holds_personal_data(std::string_view text) {
  if (text.size() > kMostPersonalBytes || !is_valid_utf8(text)) return true;
  static const auto kAll = make_personal({});
  const Reading reading{text, clean_view(text), View(std::string_view()), {}, nullptr};
  bool found = false;
  kAll->find(reading, [&found](Span, std::string_view, unsigned) {
    found = true;
    return false;
  });
  return found;
}

bool find_emails(const Reading& reading, const Report& report) {
  const auto text = reading.clean.text();
  for (auto at = text.find('@'); at != std::string_view::npos; at = text.find('@', at + 1)) {
    const auto span = email_at(text, at);
    if (span.end > 0 && !report(span, "email", 0)) return false;
  }
  return true;
}

}  // namespace gvm::guard
