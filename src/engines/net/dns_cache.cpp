#include "net/dns_cache.h"

#include <utility>

namespace gvm::net {

const Result<Addresses>* DnsCache::find(const std::string& host, Clock::time_point now) const {
  const auto found = entries_.find(host);
  if (found == entries_.end() || found->second.until <= now) return nullptr;
  return &found->second.answer;
}

void DnsCache::keep(const std::string& host, Result<Addresses> answer, Clock::time_point now,
                    std::chrono::milliseconds span) {
  if (span.count() <= 0 || max_entries_ == 0) return;
  entries_.insert_or_assign(host, Entry{std::move(answer), now + span, ++turn_});
  turns_.emplace_back(host, turn_);
  // A host that is looked up repeatedly leaves outdated queue entries behind.
  while (entries_.size() > max_entries_ || turns_.size() > 2 * max_entries_) {
    const auto [oldest, turn] = std::move(turns_.front());
    turns_.pop_front();
    const auto found = entries_.find(oldest);
    if (found != entries_.end() && found->second.turn == turn) entries_.erase(found);
  }
}

}  // namespace gvm::net
