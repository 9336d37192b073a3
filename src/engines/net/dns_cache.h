#pragma once
// Answers of the name service, for as long as they hold. Internal to net/.
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

  // Null when there is none that still holds.
  const Result<Addresses>* find(const std::string& host, Clock::time_point now) const;
  // Does nothing for a span of zero.
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
      turns_;  // oldest first; outdated ones are skipped
  std::size_t turn_ = 0;
};

}  // namespace gvm::net
