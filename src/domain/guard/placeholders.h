#pragma once
// What stands in a text for a masked value, the same for the same value all session long, and the
// way back. Of one session. Its lane and the background thread use it, so it has a lock, which is
// held for one look-up.
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/size.h"

namespace gvm::guard {

struct PlaceholderLimits {
  std::size_t values = 10'000;   // of a session
  std::size_t bytes = 4 * kMiB;  // of all of them
};

class Placeholders {
 public:
  // `marker`: letters and digits that nobody outside can guess, so that nobody can write a
  // placeholder and have it replaced by a value; empty: none.
  explicit Placeholders(std::string marker, const PlaceholderLimits& limits = {})
      : marker_(std::move(marker)), limits_(limits) {}

  // The texts of the form of a placeholder of this session that stand in `text`.
  using Taken = std::set<std::string, std::less<>>;
  Taken taken_in(std::string_view text) const;

  // "[EMAIL_1]", or "[EMAIL_1_marker]", for `value`; `label` in capital letters. A new value gets
  // none of `taken`. Nothing when there is no room left.
  std::optional<std::string> of(std::string_view label, std::string_view value, const Taken& taken);

  // `text` with the values in place of their placeholders, in one pass.
  std::string restore(std::string_view text) const;

  std::size_t size() const;

 private:
  std::string ending() const { return marker_.empty() ? "]" : "_" + marker_ + "]"; }
  // The value behind a placeholder.
  std::optional<std::string> value_of(std::string_view placeholder) const;

  const std::string marker_;
  const PlaceholderLimits limits_;
  mutable std::mutex mutex_;  // of all below
  std::size_t bytes_ = 0;
  std::map<std::string, std::size_t, std::less<>> counts_;        // by label
  std::map<std::string, std::string, std::less<>> placeholders_;  // label, NUL, value
  std::map<std::string, std::string, std::less<>> values_;        // by placeholder
};

}  // namespace gvm::guard
