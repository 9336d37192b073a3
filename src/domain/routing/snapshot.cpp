#include "routing/snapshot.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "routing/candidate.h"
#include "routing/codes.h"

namespace gvm::routing {
namespace {

constexpr std::string_view kVersion = "1|";
constexpr auto kLastAvailability = static_cast<std::uint64_t>(Availability::endpoint_open);

// One letter per field; reading and writing share this list.
template <class State, class F>
void each_field(State& s, F&& field) {
  field('a', s.availability);
  field('j', s.no_json);
  field('i', s.no_image);
  field('s', s.share);
  field('c', s.calls);
  field('b', s.backend_calls);
  field('l', s.latency);
  field('r', s.requests);
  field('t', s.tokens);
  field('w', s.recovers_in);
}

template <class T>
constexpr std::uint64_t most() {
  if constexpr (std::is_same_v<T, Availability>)
    return kLastAvailability;
  else
    return std::numeric_limits<T>::max();
}

void write(std::string& out, const CandidateState& state) {
  std::vector<std::uint64_t> defaults;
  const CandidateState fresh;
  each_field(fresh,
             [&](char, auto value) { defaults.push_back(static_cast<std::uint64_t>(value)); });
  std::size_t i = 0;
  each_field(state, [&](char letter, auto value) {
    const auto number = static_cast<std::uint64_t>(value);
    if (number != defaults[i++]) fmt::format_to(std::back_inserter(out), "{}{}", letter, number);
  });
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Snapshot> parse() {
    if (!text_.starts_with(kVersion)) return problem("it does not begin with the version 1");
    at_ = kVersion.size();
    Snapshot out;
    while (at_ < text_.size()) {
      if (out.size() == kMaxCandidates) return problem("too many candidates");
      auto state = candidate();
      if (!state) return fail(std::move(state.error()));
      out.push_back(*state);
      if (at_ == text_.size()) return problem("the last candidate has no end");
      ++at_;  // the ';'
    }
    return out;
  }

 private:
  std::unexpected<Error> problem(std::string_view what) const {
    return fail(codes::kMalformedSnapshot, Fatality::user,
                fmt::format("at character {}: {}", at_, what));
  }

  Result<CandidateState> candidate() {
    CandidateState state;
    while (at_ < text_.size() && text_[at_] != ';') {
      const char letter = text_[at_++];
      const auto number = digits();
      if (!number) return problem("no number after its letter");
      if (!set(state, letter, *number)) return problem("no such field, or a number over its range");
    }
    return state;
  }

  std::optional<std::uint64_t> digits() {
    std::uint64_t number = 0;
    const auto [end, error] =
        std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (error != std::errc()) return std::nullopt;
    at_ = static_cast<std::size_t>(end - text_.data());
    return number;
  }

  static bool set(CandidateState& state, char letter, std::uint64_t number) {
    bool done = false;
    each_field(state, [&]<class T>(char name, T& value) {
      if (name != letter || number > most<T>()) return;
      value = static_cast<T>(number);
      done = true;
    });
    return done;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::string_view name_of(Availability availability) {
  constexpr std::array<std::string_view, kLastAvailability + 1> kNames = {
      "ready", "ramping", "probe", "cooling", "open", "key_open", "endpoint_open"};
  return kNames[static_cast<std::size_t>(availability)];
}

std::string to_text(const Snapshot& snapshot) {
  std::string out(kVersion);
  for (const auto& state : snapshot) {
    write(out, state);
    out += ';';
  }
  return out;
}

Result<Snapshot> parse_snapshot(std::string_view text) {
  return Parser(text).parse();
}

}  // namespace gvm::routing
