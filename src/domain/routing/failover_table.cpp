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
constexpr auto kFree = Charge::nothing;
constexpr auto kWorst = Charge::worst_case;
constexpr auto kServer = Charge::server_error;

// In the order of ErrorKind. docs/routing.md gives the reasons.
constexpr std::array<FailoverRule, kErrorKinds> kTable = {{
    {K::connect, S::next_endpoint, E::failure, B::endpoint, kIgnored, kSilent, kAgain, kFree},
    {K::tls, S::next_endpoint, E::failure, B::endpoint, kIgnored, kSilent, kAgain, kFree},
    {K::dns, S::next_endpoint, E::failure, B::endpoint, kIgnored, kSilent, kAgain, kFree},
    {K::reset, S::retry_here, E::failure, B::candidate, kIgnored, kSilent, kAgain, kWorst},
    {K::stale_connection, S::retry_here, E::none, B::nobody, kIgnored, kSilent, kAgain, kFree},
    {K::first_byte_timeout, S::next_candidate, E::failure, B::candidate, kIgnored, kSilent, kAgain,
     kWorst},
    {K::idle_timeout, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kAgain,
     kWorst},
    {K::total_timeout, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kAgain,
     kWorst},
    {K::cut, S::next_endpoint, E::failure, B::candidate, kIgnored, kAnswered, kAgain, kWorst},
    {K::token_limit, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce, kWorst},
    {K::rate_limited, S::next_key, E::cooldown, B::candidate, kHonoured, kAnswered, kAgain, kFree},
    {K::overloaded, S::next_endpoint, E::failure, B::candidate, kHonoured, kAnswered, kAgain,
     kServer},
    {K::server_error, S::retry_here, E::failure, B::candidate, kHonoured, kAnswered, kAgain,
     kServer},
    {K::auth, S::next_key, E::decisive, B::key, kIgnored, kAnswered, kOnce, kFree},
    {K::forbidden, S::next_key, E::failure, B::candidate, kIgnored, kAnswered, kOnce, kFree},
    {K::payment_required, S::next_key, E::decisive, B::key, kIgnored, kAnswered, kOnce, kFree},
    {K::not_found, S::next_candidate, E::decisive, B::candidate, kIgnored, kAnswered, kOnce, kFree},
    {K::bad_request, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce, kFree},
    {K::context_too_long, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce, kFree},
    {K::capability_json, S::next_model, E::capability, B::candidate, kIgnored, kAnswered, kOnce,
     kFree},
    {K::capability_image, S::next_model, E::capability, B::candidate, kIgnored, kAnswered, kOnce,
     kFree},
    {K::content_refused, S::next_model, E::none, B::nobody, kIgnored, kAnswered, kOnce, kWorst},
    {K::garbled, S::next_candidate, E::failure, B::candidate, kIgnored, kAnswered, kAgain, kWorst},
    {K::no_answer, S::next_candidate, E::none, B::nobody, kIgnored, kAnswered, kAgain, kWorst},
    {K::unusable, S::correct, E::none, B::nobody, kIgnored, kAnswered, kAgain, kWorst},
    {K::empty, S::retry_here, E::none, B::nobody, kIgnored, kAnswered, kAgain, kWorst},
    {K::oversize, S::next_candidate, E::none, B::nobody, kIgnored, kAnswered, kOnce, kWorst},
    {K::redirect, S::next_endpoint, E::failure, B::endpoint, kIgnored, kAnswered, kOnce, kFree},
    {K::cancelled, S::give_up, E::none, B::nobody, kIgnored, kSilent, kOnce, kWorst},
    {K::deadline, S::give_up, E::none, B::nobody, kIgnored, kSilent, kOnce, kWorst},
    {K::budget, S::give_up, E::none, B::nobody, kIgnored, kSilent, kOnce, kFree},
}};

constexpr std::array<std::string_view, kErrorKinds> kNames = {"connect",
                                                              "tls",
                                                              "dns",
                                                              "reset",
                                                              "stale_connection",
                                                              "first_byte_timeout",
                                                              "idle_timeout",
                                                              "total_timeout",
                                                              "cut",
                                                              "token_limit",
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
                                                              "no_answer",
                                                              "unusable",
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
  constexpr std::array<std::string_view, 7> kSteps = {
      "retry here",     "correct",    "next key", "next endpoint",
      "next candidate", "next model", "give up"};
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

std::string_view name_of(Charge charge) {
  constexpr std::array<std::string_view, 3> kCharges = {"nothing", "worst case", "server error"};
  return kCharges[static_cast<std::size_t>(charge)];
}

}  // namespace gvm::routing
