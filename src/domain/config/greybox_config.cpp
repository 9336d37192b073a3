#include "config/greybox_config.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace gvm::config {

std::string_view name_of(PromptKind kind) {
  switch (kind) {
    case PromptKind::text:
      return "text";
    case PromptKind::json:
      return "json";
    case PromptKind::image:
      return "image";
    case PromptKind::eq_comparative:
      return "eq_comparative";
    case PromptKind::eq_non_comparative_leader:
      return "eq_non_comparative_leader";
    case PromptKind::eq_non_comparative_validator:
      return "eq_non_comparative_validator";
  }
  return "text";
}

std::optional<PromptKind> prompt_kind_named(std::string_view name) {
  for (const auto kind : kPromptKinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

std::optional<std::uint64_t> parse_greybox_seed(std::string_view text) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal) text.remove_prefix(2);
  std::uint64_t seed = 0;
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, seed, hexadecimal ? 16 : 10);
  if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return seed;
}

bool GreyboxKind::draws_anything() const {
  return !models.empty() || temperature.min || top_p.min || provider_seed.min ||
         !phrasings.empty() || !delimiters.empty() || !filters.empty() || !image_filters.empty();
}

const GreyboxKind& GreyboxConfig::of(PromptKind kind) const {
  switch (kind) {
    case PromptKind::text:
      return text;
    case PromptKind::json:
      return json;
    case PromptKind::image:
      return image;
    case PromptKind::eq_comparative:
      return eq_comparative;
    case PromptKind::eq_non_comparative_leader:
      return eq_non_comparative_leader;
    case PromptKind::eq_non_comparative_validator:
      return eq_non_comparative_validator;
  }
  return text;
}

GreyboxKind& GreyboxConfig::of(PromptKind kind) {
  return const_cast<GreyboxKind&>(std::as_const(*this).of(kind));
}

bool GreyboxConfig::enabled() const {
  return std::ranges::any_of(kPromptKinds, [&](auto kind) { return of(kind).draws_anything(); });
}

std::optional<std::uint64_t> GreyboxConfig::fixed_seed() const {
  return seed == "random" ? std::nullopt : parse_greybox_seed(seed);
}

}  // namespace gvm::config
