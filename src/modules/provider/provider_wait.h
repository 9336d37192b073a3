#pragma once
// How long a provider's error asks to wait: its members, or a sentence of its message. Pure, except
// for the clock that dates are compared with.
#include <chrono>
#include <optional>
#include <string_view>

#include "base/value.h"

namespace gvm::provider {

// Google's RetryInfo, a member of the provider's own, a quoted header of the provider behind an
// aggregator. Over a day: ignored.
std::optional<std::chrono::milliseconds> wait_in_members(const Value& error);

// "Please try again in 20s.", "Please retry after 20 seconds.": sentences count only by how they
// begin, and only in front of the first quotation mark, behind which a prompt may be quoted. The
// shortest counts, at most ten minutes.
std::optional<std::chrono::milliseconds> wait_in_words(std::string_view message);

}  // namespace gvm::provider
