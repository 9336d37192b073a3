#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "text/filter.h"

namespace gvm::text {
namespace {

enum class Argument : std::uint8_t { none, positive, any };

struct Named {
  std::string_view name;
  TextFilter filter;
  Argument argument = Argument::none;
};

constexpr std::array kFilters = {
    Named{"NFC", TextFilter::nfc},
    Named{"NFD", TextFilter::nfd},
    Named{"NFKC", TextFilter::nfkc},
    Named{"NFKD", TextFilter::nfkd},
    Named{"NormalizeWS", TextFilter::normalize_ws},
    Named{"RmZeroWidth", TextFilter::rm_zero_width},
    Named{"RmControl", TextFilter::rm_control},
    Named{"RmBidi", TextFilter::rm_bidi},
    Named{"RmTags", TextFilter::rm_tags},
    Named{"RmVariation", TextFilter::rm_variation},
    Named{"LimitMarks", TextFilter::limit_marks, Argument::any},
    Named{"PlainSpaces", TextFilter::plain_spaces},
    Named{"Skeleton", TextFilter::skeleton},
    Named{"CaseFold", TextFilter::case_fold},
    Named{"DecodeEntities", TextFilter::decode_entities},
    Named{"RmComments", TextFilter::rm_comments},
    Named{"RmBlobs", TextFilter::rm_blobs},
    Named{"DecodeBlobs", TextFilter::decode_blobs},
    Named{"MaxBytes", TextFilter::max_bytes, Argument::positive},
    Named{"MaxGraphemes", TextFilter::max_graphemes, Argument::positive},
};

constexpr std::size_t kMostArgument = 1'000'000'000;

std::optional<std::size_t> number_in(std::string_view text, Argument form) {
  std::size_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  const std::size_t least = form == Argument::positive ? 1 : 0;
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  if (number < least || number > kMostArgument) return std::nullopt;
  return number;
}

}  // namespace

std::optional<FilterStep> text_filter_named(std::string_view name) {
  const auto colon = name.find(':');
  const auto at = std::ranges::find(kFilters, name.substr(0, colon), &Named::name);
  if (at == kFilters.end()) return std::nullopt;
  const bool has_argument = colon != std::string_view::npos;
  if (has_argument != (at->argument != Argument::none)) return std::nullopt;
  if (!has_argument) return FilterStep{at->filter};
  const auto number = number_in(name.substr(colon + 1), at->argument);
  if (!number) return std::nullopt;
  return FilterStep{at->filter, *number};
}

std::span<const std::string_view> text_filter_names() {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"NFC",          "NFD",         "NFKC",        "NFKD",       "NormalizeWS",
       "RmZeroWidth",  "RmControl",   "RmBidi",      "RmTags",     "RmVariation",
       "LimitMarks:N", "PlainSpaces", "Skeleton",    "CaseFold",   "DecodeEntities",
       "RmComments",   "RmBlobs",     "DecodeBlobs", "MaxBytes:N", "MaxGraphemes:N"});
  return kNames;
}

}  // namespace gvm::text
