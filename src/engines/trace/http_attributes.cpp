#include "trace/http_attributes.h"

#include <string>

#include "url/url.h"

namespace gvm::trace {

void set_server(Span& span, std::string_view url) {
  if (!span.recorded()) return;
  const auto parsed = url::parse(url);
  if (!parsed) return;
  span.set("server.address", parsed->hostname());
  if (const auto port = parsed->effective_port())
    span.set("server.port", static_cast<std::int64_t>(*port));
  span.set("url.scheme", parsed->scheme());
}

void set_status(Span& span, int status) {
  constexpr int kFirstError = 400;
  if (!span.recorded() || status == 0) return;
  span.set("http.response.status_code", static_cast<std::int64_t>(status));
  if (status >= kFirstError) span.fail(std::to_string(status));
}

}  // namespace gvm::trace
