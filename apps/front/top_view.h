#pragma once
// What `genvm-modules top` shows of one module. Pure, except for what bars are drawn with.
#include <optional>
#include <string>

#include "apps/front/top_source.h"

namespace gvm::apps {

// Several lines, none wider than `width` characters. `before`: what was seen last, for rates;
// empty: they are of the time since the module's start.
std::string top_text(const std::string& url, const Seen& now, const std::optional<Seen>& before,
                     std::size_t width);
// One line of JSON: {url, health, requests_per_second, without_reply, sessions, ...}.
std::string top_json(const std::string& url, const Seen& now, const std::optional<Seen>& before);

}  // namespace gvm::apps
