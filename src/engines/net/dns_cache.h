#pragma once
// Cached DNS answers, each for its time to live. Internal to net/.
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/deadline.h"
#include "net/resolver.h"

namespace gvm::net {

class DnsCache {
 public:
  explicit DnsCache(std::size_t max_entries) : max_entries_(max_entries) {}

  // Null when there is no answer, or it has expired.
  const Result<Addresses>* find(const std::string& host, Clock::time_point now) const;
  // A time to live of zero stores nothing.
  void keep(const std::string& host, Result<Addresses> answer, Clock::time_point now,
            std::chrono::milliseconds span);
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Result<Addresses> answer;
    Clock::time_point until;
    std::size_t turn = 0;
  };

  const std::size_t max_entries_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::pair<std::string, std::size_t>>
      turns_;  // queue entries, oldest first; outdated ones are skipped
  std::size_t turn_ = 0;
};

}  // namespace gvm::net
