#include "base/redactor.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"
#include "base/json.h"

namespace gvm {
namespace {

constexpr std::string_view kMark = "[redacted]";

// RFC 3986, 2.3: everything but unreserved characters.
std::string percent_encoded(std::string_view text, std::string_view digits) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
    } else {
      out += '%';
      out += digits[byte >> 4];
      out += digits[byte & 15];
    }
  }
  return out;
}

// The base64 characters that come from `secret` alone when `before` bytes precede it in its group
// of three, as in "user:secret". Characters that also depend on the neighbouring bytes are left
// out.
std::string base64_core(std::string_view secret, std::size_t before) {
  const std::string text = base64_encode(std::string(before, '\0').append(secret));
  const std::size_t first = (before * 8 + 5) / 6;
  const std::size_t last = (before + secret.size()) * 8 / 6;
  return text.substr(first, last - first);
}

std::string url_safe(std::string base64) {
  std::replace(base64.begin(), base64.end(), '+', '-');
  std::replace(base64.begin(), base64.end(), '/', '_');
  return base64;
}

std::vector<std::string> forms_of(std::string_view secret) {
  std::string quoted;
  json::write_string_to(quoted, secret);
  std::vector<std::string> forms{
      std::string(secret),
      quoted.substr(1, quoted.size() - 2),
      percent_encoded(secret, "0123456789ABCDEF"),
      percent_encoded(secret, "0123456789abcdef"),
      hex_encode(secret),
  };
  for (std::size_t before = 0; before < 3; ++before) {
    forms.push_back(base64_core(secret, before));
    forms.push_back(url_safe(forms.back()));
  }
  return forms;
}

using Span = std::pair<std::size_t, std::size_t>;  // begin, end

std::vector<Span> spans_of_secrets(std::string_view text, const std::vector<Secret>& needles) {
  std::vector<Span> spans;
  for (const auto& needle : needles) {
    for (auto at = text.find(needle.reveal()); at != text.npos;
         at = text.find(needle.reveal(), at + 1)) {
      spans.emplace_back(at, at + needle.reveal().size());
    }
  }
  std::sort(spans.begin(), spans.end());
  return spans;
}

}  // namespace

Redactor::Redactor(std::vector<Secret> secrets) {
  for (const auto& secret : secrets) {
    if (secret.reveal().size() < kShortestSecret) continue;
    for (auto& form : forms_of(secret.reveal())) needles_.emplace_back(std::move(form));
  }
  const auto longer = [](const Secret& a, const Secret& b) {
    return a.reveal().size() != b.reveal().size() ? a.reveal().size() > b.reveal().size()
                                                  : a.reveal() < b.reveal();
  };
  const auto same = [](const Secret& a, const Secret& b) { return a.reveal() == b.reveal(); };
  std::sort(needles_.begin(), needles_.end(), longer);
  needles_.erase(std::unique(needles_.begin(), needles_.end(), same), needles_.end());
}

std::string Redactor::redact(std::string_view text) const {
  // Spans are searched for in the original text and merged where they overlap. Replacing one secret
  // after the other could leave a part of the second one visible.
  std::string out;
  std::size_t copied = 0;
  const auto spans = spans_of_secrets(text, needles_);
  for (std::size_t i = 0; i < spans.size();) {
    auto [begin, end] = spans[i];
    for (++i; i < spans.size() && spans[i].first < end; ++i) end = std::max(end, spans[i].second);
    out.append(text.substr(copied, begin - copied)).append(kMark);
    copied = end;
  }
  return out.append(text.substr(copied));
}

bool Redactor::contains_secret(std::string_view text) const {
  return std::any_of(needles_.begin(), needles_.end(),
                     [&](const Secret& needle) { return text.find(needle.reveal()) != text.npos; });
}

void Redactor::redact(Error& error) const {
  if (needles_.empty()) return;
  error.rewrite_strings([this](std::string_view text) { return redact(text); });
}

}  // namespace gvm
