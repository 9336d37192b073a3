#include "guard/placeholders.h"

#include <algorithm>

namespace gvm::guard {
namespace {

std::string capitals(std::string_view label) {
  std::string out(label);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return out;
}

constexpr std::size_t kLongestPlaceholder = 128;

}  // namespace

Placeholders::Taken Placeholders::taken_in(std::string_view text) const {
  Taken taken;
  const auto last = ending();
  for (auto at = text.find(last); at != std::string_view::npos; at = text.find(last, at + 1)) {
    const auto end = at + last.size();
    const auto from = end - std::min(end, kLongestPlaceholder);
    const auto open = text.substr(from, end - from).rfind('[');
    if (open != std::string_view::npos) taken.emplace(text.substr(from + open, end - from - open));
  }
  return taken;
}

std::optional<std::string> Placeholders::of(std::string_view label, std::string_view value,
                                            const Taken& taken) {
  const auto name = capitals(label);
  const auto key = name + '\0' + std::string(value);
  const std::scoped_lock lock(mutex_);
  if (const auto at = placeholders_.find(key); at != placeholders_.end()) return at->second;
  if (values_.size() >= limits_.values || bytes_ + key.size() > limits_.bytes) return std::nullopt;
  auto& count = counts_[name];
  std::string made;
  do {
    made = "[" + name + "_" + std::to_string(++count) + ending();
  } while (taken.contains(made));
  bytes_ += key.size();
  placeholders_.emplace(key, made);
  values_.emplace(made, value);
  return made;
}

std::optional<std::string> Placeholders::value_of(std::string_view placeholder) const {
  const std::scoped_lock lock(mutex_);
  const auto at = values_.find(placeholder);
  return at == values_.end() ? std::nullopt : std::optional(at->second);
}

std::size_t Placeholders::size() const {
  const std::scoped_lock lock(mutex_);
  return values_.size();
}

std::string Placeholders::restore(std::string_view text) const {
  if (size() == 0) return std::string(text);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto open = std::min(text.find('['), text.size());
    out += text.substr(0, open);
    text.remove_prefix(open);
    const auto close = text.substr(0, kLongestPlaceholder).find(']');
    const auto length = close == std::string_view::npos ? 0 : close + 1;
    const auto value = length > 0 ? value_of(text.substr(0, length)) : std::nullopt;
    if (value) {
      out += *value;
      text.remove_prefix(length);
    } else if (!text.empty()) {
      out += '[';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace gvm::guard
