#pragma once
// The plain HTTP side of the port: /health and /metrics, and the answers to refused upgrades.
#include <boost/beast/http/verb.hpp>
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

HttpAnswer answer_http(Core& core, boost::beast::http::verb method, std::string_view target);

// The whole response; the connection is closed after it.
std::string http_response(const Core& core, const HttpAnswer& answer);

}  // namespace gvm::serve
