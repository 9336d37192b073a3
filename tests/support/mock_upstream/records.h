#pragma once
// The records of an upstream's calls and connections. All members may be called from any thread.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <vector>

#include "support/mock_upstream/bill.h"

namespace gvm::mock {

struct Stats {
  std::uint64_t connections = 0;  // accepted so far
  std::uint64_t open_connections = 0;
  std::uint64_t calls = 0;      // whole prompts read so far
  std::uint64_t delivered = 0;  // of them, all bytes of the plan were sent
  std::uint64_t abandoned = 0;  // of them, the peer closed while they were in flight
  std::uint64_t in_flight = 0;
  std::uint64_t most_in_flight = 0;
  std::map<std::string, std::uint64_t> by_fault = {};  // calls and connections, by fault's name
};
Value to_value(const Stats& stats);

class Records {
 public:
  explicit Records(std::size_t kept_calls) : kept_calls_(kept_calls) {}

  // Called by the connections:
  void connection_opened();
  void connection_closed();
  void connection_struck(const std::string& fault);
  // Gives the record its id.
  std::uint64_t call_began(CallRecord record);
  // Called when the model has finished with the call: from now on the row is on the bill.
  void call_billed(std::uint64_t id, const std::string& model, const Usage& usage,
                   std::int64_t cost_nano_usd);
  // `peer_closed` unset: the upstream finished first. `answered` unset: the answer was cut short by
  // a fault, or by the peer.
  void call_ended(std::uint64_t id, Clock::time_point answered, Clock::time_point peer_closed);

  Stats stats() const;
  Bill bill() const;
  // The last calls, billed or not.
  std::vector<CallRecord> calls() const;
  // False when it did not become true in time.
  bool wait(const std::function<bool(const Stats&)>& condition,
            std::chrono::milliseconds timeout) const;
  // Resets counters, bill and calls. Ids continue, and open or running ones stay counted.
  void reset();

 private:
  CallRecord* find(std::uint64_t id);

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::size_t kept_calls_;
  Stats stats_;
  Bill sums_;  // without rows
  std::deque<CallRecord> calls_;
  std::uint64_t next_id_ = 0;
  std::uint64_t dropped_billed_ = 0;
};

}  // namespace gvm::mock
