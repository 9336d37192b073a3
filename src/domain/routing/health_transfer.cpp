// What was learned about candidates as text, for the process that takes over from this one. A line
// a candidate: its label, its mark and the words of its rows, with tabs between.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <iterator>

#include "routing/health.h"

namespace gvm::routing {
namespace {

// Breakers of candidate, endpoint and key, latency, cooldown, two capabilities, two minutes of
// requests, two of tokens.
using Words = std::array<std::uint64_t, 11>;

std::optional<Words> parse_words(std::string_view text) {
  Words words{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (auto& word : words) {
    const auto [next, error] = std::from_chars(at, end, word);
    if (error != std::errc()) return std::nullopt;
    at = next;
    if (at != end && *at == ' ') ++at;
  }
  return at == end ? std::optional(words) : std::nullopt;
}

}  // namespace

std::string HealthTable::to_text(const Mark& mark) const {
  std::string out;
  for (CandidateId id = 0; id < rows_.size(); ++id) {
    const auto& row = rows_[id];
    const auto& facts = candidates_->facts(id);
    const auto requests = usage_[facts.key].requests.words();
    const auto tokens = usage_[facts.key].tokens.words();
    const Words words{row.breaker.word(),
                      endpoints_[facts.endpoint].breaker.word(),
                      keys_[facts.key].breaker.word(),
                      row.latency.word(),
                      row.cooldown_until.load(std::memory_order_relaxed),
                      row.no_json_until.load(std::memory_order_relaxed),
                      row.no_image_until.load(std::memory_order_relaxed),
                      requests[0],
                      requests[1],
                      tokens[0],
                      tokens[1]};
    fmt::format_to(std::back_inserter(out), "{}\t{}\t{}\n", candidates_->label(id), mark(id),
                   fmt::join(words, " "));
  }
  return out;
}

void HealthTable::inherit(std::string_view text, const Mark& mark) {
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto second = line.rfind('\t');
    const auto first =
        second == line.npos || second == 0 ? line.npos : line.rfind('\t', second - 1);
    if (first == line.npos) continue;
    const auto id = candidates_->find(std::string(line.substr(0, first)));
    const auto words = parse_words(line.substr(second + 1));
    if (!id || !words || line.substr(first + 1, second - first - 1) != mark(*id)) continue;
    auto& row = rows_[*id];
    const auto& facts = candidates_->facts(*id);
    row.breaker.inherit((*words)[0]);
    endpoints_[facts.endpoint].breaker.inherit((*words)[1]);
    keys_[facts.key].breaker.inherit((*words)[2]);
    row.latency.inherit((*words)[3]);
    row.cooldown_until.store((*words)[4], std::memory_order_relaxed);
    row.no_json_until.store(static_cast<std::uint32_t>((*words)[5]), std::memory_order_relaxed);
    row.no_image_until.store(static_cast<std::uint32_t>((*words)[6]), std::memory_order_relaxed);
    usage_[facts.key].requests.inherit({(*words)[7], (*words)[8]});
    usage_[facts.key].tokens.inherit({(*words)[9], (*words)[10]});
  }
}

}  // namespace gvm::routing
