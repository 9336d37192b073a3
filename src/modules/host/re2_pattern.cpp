#include "host/re2_pattern.h"

#include <algorithm>
#include <list>

#include "base/encoding.h"
#include "host/codes.h"

namespace gvm::host {

namespace {

using Compiled = std::shared_ptr<const re2::RE2>;

constexpr std::size_t kUnusedPatterns = 4;  // small ones, kept when no session holds them

re2::RE2::Options re2_options(const PatternOptions& options, std::size_t memory) {
  re2::RE2::Options out(options.bytes ? re2::RE2::Latin1 : re2::RE2::DefaultOptions);
  out.set_log_errors(false);
  out.set_case_sensitive(!options.ignore_case);
  out.set_dot_nl(options.dot_all);
  out.set_literal(options.literal);
  out.set_max_mem(static_cast<std::int64_t>(memory));
  return out;
}

// RE2 names the offending piece of the pattern, not where it stands; of a missing end it names the
// whole pattern.
std::size_t position_of(const re2::RE2& pattern, std::string_view text) {
  const std::string& piece = pattern.error_arg();
  const bool at_end = pattern.error_code() == re2::RE2::ErrorMissingParen ||
                      pattern.error_code() == re2::RE2::ErrorTrailingBackslash || piece.empty();
  const std::size_t found = at_end ? std::string_view::npos : text.find(piece);
  return found == std::string_view::npos ? text.size() + 1 : found + 1;
}

Error bad_pattern(std::string problem, std::size_t position) {
  Error error(codes::kBadPattern, Fatality::user,
              "at byte " + std::to_string(position) + ": " + problem);
  error.with("position", Value::integer(Integer(position)));
  error.with("problem", Value::string(std::move(problem)));
  return error;
}

class Cache {
 public:
  explicit Cache(std::size_t most) : most_(most) {}

  Compiled find(const std::string& key) {
    const auto at = std::ranges::find(entries_, key, &Entry::key);
    if (at == entries_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, at);
    return entries_.front().pattern;
  }

  void add(std::string key, Compiled pattern) {
    entries_.push_front({std::move(key), std::move(pattern)});
    if (entries_.size() > most_) entries_.pop_back();
  }

  // Keeps `most` of those that only this refers to.
  void drop_unused(std::size_t most) {
    std::size_t unused = 0;
    std::erase_if(entries_, [&](const Entry& entry) {
      return entry.pattern.use_count() == 1 && ++unused > most;
    });
  }

 private:
  struct Entry {
    std::string key;
    Compiled pattern;
  };
  std::size_t most_;
  std::list<Entry> entries_;  // the one used last in front
};

struct Caches {
  Cache small{PatternLimits().cached_patterns};
  Cache large{1};  // a script may use one in a loop
};

Caches& caches() {
  thread_local Caches of_lane;
  return of_lane;
}

std::string key_of(std::string_view text, const PatternOptions& options) {
  std::string key;
  for (const bool flag :
       {options.ignore_case, options.dot_all, options.multi_line, options.literal, options.bytes}) {
    key += flag ? '1' : '0';
  }
  return key += text;
}

}  // namespace

Result<Compiled> pattern_of(std::string_view text, const PatternOptions& options,
                            const PatternLimits& limits) {
  if (text.size() > limits.pattern_bytes) {
    return fail(bad_pattern("longer than " + std::to_string(limits.pattern_bytes) + " bytes",
                            limits.pattern_bytes + 1));
  }
  auto& [small, large] = caches();
  std::string key = key_of(text, options);
  if (Compiled known = small.find(key)) return known;
  if (Compiled known = large.find(key)) return known;
  // RE2 has no option for it outside of its POSIX syntax.
  const bool multi_line = options.multi_line && !options.literal;
  const std::string source = (multi_line ? "(?m)" : "") + std::string(text);
  Cache* keeps = &small;
  auto compiled =
      std::make_shared<const re2::RE2>(source, re2_options(options, limits.cached_program_bytes));
  if (compiled->error_code() == re2::RE2::ErrorPatternTooLarge) {
    keeps = &large;
    compiled = std::make_shared<const re2::RE2>(source, re2_options(options, limits.program_bytes));
  }
  if (!compiled->ok()) {
    return fail(bad_pattern(to_valid_utf8(compiled->error()), position_of(*compiled, text)));
  }
  keeps->add(std::move(key), compiled);
  return compiled;
}

void drop_unused_patterns() {
  caches().small.drop_unused(kUnusedPatterns);
  caches().large.drop_unused(0);
}

}  // namespace gvm::host
