#include "jsonpath/patterns.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/size.h"

namespace gvm::jsonpath {

struct Patterns::Compiled {
  Compiled(const std::string& text, const re2::RE2::Options& options) : re(text, options) {}
  re2::RE2 re;
};

Patterns::Patterns(const Limits& limits) : limits_(limits) {}
Patterns::~Patterns() = default;

std::string to_re2(std::string_view pattern) {
  std::string out;
  bool in_class = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\' && i + 1 < pattern.size()) {
      out.append(pattern.substr(i, 2));
      ++i;
      continue;
    }
    if (c == '[') in_class = true;
    if (c == ']') in_class = false;
    if (c == '.' && !in_class)
      out += "[^\\n\\r]";
    else
      out += c;
  }
  return out;
}

bool Patterns::matches(std::string_view text, std::string_view pattern, Place place,
                       std::uint64_t& steps) {
  auto at = known_.find(pattern);
  if (at == known_.end()) {
    if (known_.size() >= limits_.patterns || pattern.size() > limits_.pattern_bytes) return false;
    constexpr std::int64_t kMemory = 1 * kMiB;
    constexpr std::uint64_t kCompileSteps = 1000;
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemory);
    steps += kCompileSteps;
    auto compiled = std::make_unique<Compiled>(to_re2(pattern), options);
    at = known_.emplace(std::string(pattern), std::move(compiled)).first;
  }
  const re2::RE2& re = at->second->re;
  if (!re.ok()) return false;
  // RE2 passes the text once for each state that may be active: its program at most.
  constexpr std::uint64_t kWorkAStep = 64;
  const auto program = static_cast<std::uint64_t>(std::max(re.ProgramSize(), 1));
  steps += 1 + text.size() * program / kWorkAStep;
  if (steps > limits_.steps) return false;
  const re2::StringPiece piece(text.data(), text.size());
  return place == Place::whole ? re2::RE2::FullMatch(piece, re) : re2::RE2::PartialMatch(piece, re);
}

}  // namespace gvm::jsonpath
