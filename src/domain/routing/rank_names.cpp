// The stable names of strategies, reasons and rejections: they are used in configuration files and
// decision records.
#include <fmt/format.h>

#include <array>

#include "routing/rank.h"

namespace gvm::routing {
namespace {

constexpr std::array<std::string_view, 6> kStrategies = {"priority", "weighted", "least_busy",
                                                         "latency",  "cheapest", "usage"};

}  // namespace

std::string_view name_of(Strategy strategy) {
  return kStrategies[static_cast<std::size_t>(strategy)];
}

std::optional<Strategy> parse_strategy(std::string_view name) {
  for (std::size_t i = 0; i < kStrategies.size(); ++i) {
    if (kStrategies[i] == name) return static_cast<Strategy>(i);
  }
  return std::nullopt;
}

std::string_view name_of(Reason reason) {
  constexpr std::array<std::string_view, 10> kNames = {"priority", "weight", "busy",  "latency",
                                                       "explore",  "cost",   "usage", "probe",
                                                       "ramping",  "full"};
  return kNames[static_cast<std::size_t>(reason)];
}

std::string_view name_of(Rejection rejection) {
  constexpr std::array<std::string_view, 19> kNames = {"excluded",
                                                       "no_json",
                                                       "no_image",
                                                       "context_too_short",
                                                       "learned_no_json",
                                                       "learned_no_image",
                                                       "too_expensive",
                                                       "data_no_images",
                                                       "data_no_personal_data",
                                                       "data_regions",
                                                       "data_zero_retention",
                                                       "asked_regions",
                                                       "asked_zero_retention",
                                                       "cooling",
                                                       "open",
                                                       "key_open",
                                                       "endpoint_open",
                                                       "requests_full",
                                                       "tokens_full"};
  return kNames[static_cast<std::size_t>(rejection)];
}

bool is_temporary(Rejection rejection) {
  return rejection >= Rejection::cooling;
}

bool is_data_rule(Rejection rejection) {
  return rejection >= Rejection::data_no_images && rejection <= Rejection::asked_zero_retention;
}

std::string to_text(const Ranked& ranked) {
  return fmt::format("{} {}", name_of(ranked.reason), ranked.number);
}

std::string to_text(const Rejected& rejected) {
  return fmt::format("{} {}", name_of(rejected.reason), rejected.number);
}

}  // namespace gvm::routing
