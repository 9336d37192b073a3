#include "routing/failover_table.h"

#include <array>

namespace gvm::routing {
namespace {

using K = ErrorKind;
using S = Step;
using E = Effect;
using B = Blame;
constexpr auto kIgnored = RetryAfter::ignored;
constexpr auto kHonoured = RetryAfter::honoured;
constexpr auto kSilent = Answered::no;
constexpr auto kAnswered = Answered::yes;
constexpr auto kAgain = Again::yes;
constexpr auto kOnce = Again::no;

// In the order of ErrorKind. docs/routing.md gives the reasons.
constexpr std::array<FailoverRule, kErrorKinds> kTable = {{
    {K::connect, S::next_endpoint, E::failure, B::endpoint, kIgnored, kSilent, kAgain},
    {K::tls, S::next_endpoint, E::failure, B::endpoint, kIgnored, kSilent, kAgain},
    {K::dns, S::next_endpoint, E::failure, B::endpoint, kIgnored, kSilent, kAgain},
    {K::reset, S::retry_here, E::failure, B::candidate, kIgnored, kSilent, kAgain},
    {K::first_byte_timeout, S::next_candidate, E::failure, B::candidate, kIgnored, kSilent, kAgain},
    {K::idle_timeout, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kAgain},
    {K::total_timeout, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kAgain},
    {K::cut, S::next_endpoint, E::failure, B::candidate, kIgnored, kAnswered, kAgain},
    {K::rate_limited, S::next_key, E::cooldown, B::candidate, kHonoured, kAnswered, kAgain},
    {K::overloaded, S::next_endpoint, E::failure, B::candidate, kHonoured, kAnswered, kAgain},
    {K::server_error, S::retry_here, E::failure, B::candidate, kHonoured, kAnswered, kAgain},
    {K::auth, S::next_key, E::decisive, B::key, kIgnored, kAnswered, kOnce},
    {K::forbidden, S::next_key, E::failure, B::candidate, kIgnored, kAnswered, kOnce},
    {K::payment_required, S::next_key, E::decisive, B::key, kIgnored, kAnswered, kOnce},
    {K::not_found, S::next_candidate, E::decisive, B::candidate, kIgnored, kAnswered, kOnce},
    {K::bad_request, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce},
    {K::context_too_long, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce},
    {K::capability_json, S::next_model, E::capability, B::candidate, kIgnored, kAnswered, kOnce},
    {K::capability_image, S::next_model, E::capability, B::candidate, kIgnored, kAnswered, kOnce},
    {K::content_refused, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce},
    {K::garbled, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kAgain},
    {K::empty, S::retry_here, E::failure, B::candidate, kIgnored, kAnswered, kAgain},
    {K::oversize, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kOnce},
    {K::redirect, S::next_endpoint, E::failure, B::endpoint, kIgnored, kAnswered, kOnce},
    {K::cancelled, S::give_up, E::none, B::nobody, kIgnored, kSilent, kOnce},
    {K::deadline, S::give_up, E::none, B::nobody, kIgnored, kSilent, kOnce},
    {K::budget, S::give_up, E::none, B::nobody, kIgnored, kSilent, kOnce},
}};

constexpr std::array<std::string_view, kErrorKinds> kNames = {"connect",
                                                              "tls",
                                                              "dns",
                                                              "reset",
                                                              "first_byte_timeout",
                                                              "idle_timeout",
                                                              "total_timeout",
                                                              "cut",
                                                              "rate_limited",
                                                              "overloaded",
                                                              "server_error",
                                                              "auth",
                                                              "forbidden",
                                                              "payment_required",
                                                              "not_found",
                                                              "bad_request",
                                                              "context_too_long",
                                                              "capability_json",
                                                              "capability_image",
                                                              "content_refused",
                                                              "garbled",
                                                              "empty",
                                                              "oversize",
                                                              "redirect",
                                                              "cancelled",
                                                              "deadline",
                                                              "budget"};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].kind) != i) return false;
  }
  return true;
}
static_assert(in_order(), "the table has one row per kind, in the order of ErrorKind");

}  // namespace

const FailoverRule& rule_of(ErrorKind kind) {
  return kTable[static_cast<std::size_t>(kind)];
}

std::span<const FailoverRule> failover_table() {
  return kTable;
}

std::string_view name_of(ErrorKind kind) {
  return kNames[static_cast<std::size_t>(kind)];
}

std::optional<ErrorKind> parse_error_kind(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<ErrorKind>(i);
  }
  return std::nullopt;
}

std::string_view name_of(Step step) {
  constexpr std::array<std::string_view, 6> kSteps = {
      "retry here", "next key", "next endpoint", "next candidate", "next model", "give up"};
  return kSteps[static_cast<std::size_t>(step)];
}

std::string_view name_of(Effect effect) {
  constexpr std::array<std::string_view, 5> kEffects = {"none", "failure", "opens at once",
                                                        "cooldown", "capability"};
  return kEffects[static_cast<std::size_t>(effect)];
}

std::string_view name_of(Blame blame) {
  constexpr std::array<std::string_view, 4> kBlames = {"nobody", "candidate", "key", "endpoint"};
  return kBlames[static_cast<std::size_t>(blame)];
}

}  // namespace gvm::routing
