#pragma once
// Which calls go wrong, and how long they take. The rules are a list: the first one that matches
// decides.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/mock_upstream/bill.h"
#include "support/mock_upstream/call.h"
#include "support/mock_upstream/fault.h"
#include "support/mock_upstream/latency.h"

namespace gvm::mock {

// How a rule counts its turns: over all calls that meet its other conditions together, or
// separately for each session, model or key.
enum class Per { all, session, model, key };

// All given conditions must hold. Conditions on the prompt never hold when a connection is
// accepted.
struct When {
  std::optional<Form> form = {};
  std::optional<bool> json = {};
  std::optional<std::string> model = {};    // exactly
  std::optional<std::string> key = {};      // exactly
  std::optional<std::string> session = {};  // exactly
  std::string prompt = {};                  // a part of the user's message
  Headers headers = {};                     // lower-case name, a part of its value
  // A window of time since the rules were set.
  microseconds from{0};
  std::optional<microseconds> until = {};
  // Turns are counted from 1: first to last, and of those every n-th, beginning with the first.
  std::uint64_t first_turn = 1;
  std::optional<std::uint64_t> last_turn = {};
  std::uint64_t every = 1;
  Per per = Per::all;
  double rate = 1;  // this share of the turns, drawn with the seed

  bool asks_about_prompt() const;
  bool holds_at(microseconds elapsed) const {
    return elapsed >= from && (!until || elapsed < *until);
  }
};

struct Rule {
  std::string name = {};
  When when = {};
  Fault fault = {};
  std::optional<Latency> latency = {};  // absent: that of the upstream
  std::optional<Usage> usage = {};      // the usage that is reported and billed
};

// Everything that a script can set; values that it leaves out stay.
struct RuleSet {
  std::optional<std::vector<Rule>> rules = {};
  std::optional<Latency> latency = {};
  std::optional<PriceTable> prices = {};
  std::optional<std::uint64_t> seed = {};
};
// {"rules": [{"name", "when": {...}, "fault": {...} or a name of the catalogue, "latency",
// "usage"}],
//  "latency", "prices", "seed"}
Result<RuleSet> parse_rules(std::string_view json);

// Changes the rules and keeps the turns. Not thread-safe.
class RuleBook {
 public:
  struct Decision {
    std::shared_ptr<const Rule> rule;  // never null: a rule without a fault when none matched
    microseconds latency{0};
  };

  explicit RuleBook(std::uint64_t seed, Latency latency) : seed_(seed), latency_(latency) {}

  // Resets turns and the clock.
  void set_rules(std::vector<Rule> rules, Clock::time_point now);
  void set_latency(Latency latency) { latency_ = latency; }
  void set_seed(std::uint64_t seed) { seed_ = seed; }

  Decision decide(const Call& call, Clock::time_point now);
  // For a connection that was just accepted; only rules with a fault at that point count.
  std::shared_ptr<const Rule> decide_connection(Clock::time_point now);
  // Whether the port refuses connections now, and when that may change (empty: not before new
  // rules).
  struct Listening {
    bool refuse = false;
    std::optional<Clock::time_point> until = {};
  };
  Listening listening(Clock::time_point now) const;

 private:
  struct Entry {
    std::shared_ptr<const Rule> rule;
    std::uint64_t turns = 0;
    std::map<std::string, std::uint64_t, std::less<>> turns_of = {};
  };
  bool takes_turn(Entry& entry, std::size_t index, std::string_view whose);
  microseconds elapsed(Clock::time_point now) const;

  std::uint64_t seed_;
  Latency latency_;
  std::uint64_t calls_ = 0;
  std::vector<Entry> entries_ = {};
  Clock::time_point since_ = Clock::now();
};

}  // namespace gvm::mock
