#pragma once
// The health of every candidate, shared by all lanes without locks: one cache line of atomics for
// each candidate, and one for each backend, endpoint and key that candidates share. The clock is
// passed in. Lives as long as the module; calls must end before it.
#include <array>
#include <atomic>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "routing/breaker.h"
#include "routing/candidate.h"
#include "routing/failover_table.h"
#include "routing/histogram.h"
#include "routing/latency.h"
#include "routing/minute_counter.h"
#include "routing/snapshot.h"

namespace gvm::routing {

struct HealthPolicy {
  BreakerPolicy candidate;
  BreakerPolicy endpoint;
  BreakerPolicy key{.consecutive_failures = 1,
                    .open_first = milliseconds(30'000),
                    .open_longest = milliseconds(600'000),
                    .outage_probe = milliseconds(2'000)};
  LatencyPolicy latency;
  milliseconds cooldown{1'000};               // after a 429 that does not say how long
  milliseconds shortest_cooldown{100};        // of one that says less
  milliseconds longest_cooldown{3'600'000};   // the longest pause a provider may ask for
  milliseconds capability_memory{3'600'000};  // how long a missing capability is remembered
  // A call that had run at least this long when the deadline of its prompt passed counts as a
  // failure. Otherwise an upstream that never answers, with a long timeout, would never be counted
  // as failing.
  milliseconds deadline_blame{20'000};
  milliseconds probe_poll{100};  // when to check again while another call is the probe
};

// How a call ended. Without `error` it succeeded: a usable answer.
struct CallOutcome {
  std::optional<ErrorKind> error = std::nullopt;
  std::optional<milliseconds> retry_after = std::nullopt;  // what the provider asked for
  std::optional<std::uint64_t> tokens = std::nullopt;      // as reported; empty: the estimate stays
  NanoUsd cost = 0;  // settled, or still owed in the worst case
  // Of a second call that is told what was wrong with this answer: its worst case; 0: as of the
  // request.
  NanoUsd correction_cost = 0;
  int status = 0;  // of an answer with an error status; 0: there was none
  bool timed_out = false;

  static CallOutcome success() { return {}; }
  static CallOutcome failure(ErrorKind kind) { return {.error = kind}; }
};

enum class AdmissionRefusal : std::uint8_t { unavailable, requests_full, tokens_full };

class HealthTable;

// A call under way. When it is destroyed without finish(), it counts as never made, except that its
// request stays in the count of the minute.
class Call {
 public:
  Call(Call&& other) noexcept;
  Call& operator=(Call&& other) noexcept;
  ~Call();

  CandidateId candidate() const { return id_; }
  Time started() const { return started_; }
  void finish(const CallOutcome& outcome, Time now);

 private:
  friend class HealthTable;
  // Those of endpoint, key and candidate, in this order.
  using Admissions = std::array<Admission, 3>;
  Call(HealthTable& table, CandidateId id, Time started, std::uint32_t tokens, Admissions got)
      : table_(&table), id_(id), tokens_(tokens), started_(started), admissions_(got) {}

  HealthTable* table_;  // null: finished or moved from
  CandidateId id_;
  std::uint32_t tokens_;
  Time started_;
  Admissions admissions_;
};

class HealthTable {
 public:
  HealthTable(std::shared_ptr<const CandidateSet> candidates, HealthPolicy policy);

  // Admits a call now: checks the breakers and takes a place in the limits of the minute.
  // `regardless` is never refused. Its result is then used like that of a probe, except for a
  // breaker that another call is probing.
  std::expected<Call, AdmissionRefusal> begin(CandidateId id, Time now, std::uint32_t tokens,
                                              Urgency urgency = Urgency::normal);

  void snapshot(Time now, Snapshot& out) const;  // `out` is overwritten; reuse it
  CandidateState state(CandidateId id, Time now, Urgency urgency = Urgency::normal) const;
  // The earliest time at which a call could begin, as known now; `now` when it can begin at once.
  Time free_at(CandidateId id, Time now, std::uint32_t tokens, Urgency urgency) const;
  // True when the last call that counted succeeded, for the candidate, its endpoint and its key.
  bool proven(CandidateId id, Time now) const;
  BreakerState breaker(CandidateId id, Time now) const;
  const LatencyHistogram& latencies(CandidateId id) const { return histograms_[id]; }

  // Sets the pause to the later of the present end and now + span. A span over longest_cooldown is
  // cut to it.
  void cool_down(CandidateId id, Time now, Duration span);

  // Takes over, after a reload, what `old` learned about candidates with the same label: breakers,
  // cooldowns, latencies, capabilities and the counts of the minute. To be called before this table
  // is shared. Calls in flight stay with the old table.
  void inherit(const HealthTable& old);
  // The same between processes of one machine (health_transfer.cpp). A candidate counts as the same
  // when its mark is, too: a new key is not to blame for the old one. A line that is not understood
  // is left out. `mark` gives a word.
  using Mark = std::function<std::string(CandidateId)>;
  std::string to_text(const Mark& mark) const;
  void inherit(std::string_view text, const Mark& mark);

  const CandidateSet& candidates() const { return *candidates_; }
  const HealthPolicy& policy() const { return policy_; }

 private:
  friend class Call;

  struct alignas(64) CandidateRow {
    Breaker breaker;
    std::atomic<std::uint64_t> cooldown_until{0};  // microseconds of the clock
    InFlight in_flight;
    PeakEwma latency;
    std::atomic<std::uint32_t> no_json_until{0};  // seconds of the clock, rounded up
    std::atomic<std::uint32_t> no_image_until{0};
  };
  static_assert(sizeof(CandidateRow) == 64, "one cache line per candidate");
  struct alignas(64) UsageRow {
    MinuteCounter requests;
    MinuteCounter tokens;
  };
  struct alignas(64) SharedRow {
    Breaker breaker;
  };
  struct alignas(64) BackendRow {
    std::atomic<std::uint32_t> calls{0};
  };

  void finish(const Call& call, const CallOutcome& outcome, Time now);
  void abandon(const Call& call);
  void judge(const Call& call, const FailoverRule& rule, Time now);
  void leave(const Call& call);
  void learn_speed(const Call& call, std::optional<ErrorKind> error, Time now);
  void learn_capability(CandidateId id, ErrorKind kind, Time now);
  void read_breakers(CandidateId id, Time now, Urgency urgency, CandidateState& out) const;

  std::shared_ptr<const CandidateSet> candidates_;
  HealthPolicy policy_;
  std::vector<CandidateRow> rows_;
  std::vector<UsageRow>
      usage_;  // by key: the limits of an account are shared by its models and hosts
  std::vector<SharedRow> endpoints_;
  std::vector<SharedRow> keys_;
  std::vector<BackendRow> backends_;
  std::vector<LatencyHistogram> histograms_;
};

}  // namespace gvm::routing
