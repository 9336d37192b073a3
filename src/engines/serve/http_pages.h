#pragma once
// The pages /health and /metrics, and the answers to refused upgrades.
#include <string>
#include <string_view>

#include "serve/core.h"
#include "serve/http_answer.h"

namespace gvm::serve {

HttpAnswer http_refusal(RefusalReason refusal);
// What a refusal says to a person, with the limit's name.
std::string refusal_sentence(RefusalReason refusal);

// The text of /metrics.
std::string metrics_text(Core& core);
HttpAnswer metrics_page(Core& core);

// `brief`: whether the module serves, and nothing else of it.
enum class HealthDetail : bool { brief, whole };
HttpAnswer health_page(Core& core, HealthDetail detail);

// The whole response; the connection is closed after it.
std::string http_response(const Core& core, const HttpAnswer& answer);

}  // namespace gvm::serve
