#pragma once
// Attributes of a span that is an HTTP request, by OpenTelemetry's names. Never a path or a query:
// they may hold keys.
#include <string_view>

#include "trace/span.h"

namespace gvm::trace {

// server.address, server.port, url.scheme.
void set_server(Span& span, std::string_view url);
// http.response.status_code; from 400 on the span has failed.
void set_status(Span& span, int status);

}  // namespace gvm::trace
