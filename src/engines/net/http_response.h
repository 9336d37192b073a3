#pragma once
// A complete HTTP response, or the failure in its place.
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_failure.h"
#include "net/http_header.h"

namespace gvm::net {

struct HttpResponse {
  int status = 0;
  std::vector<HttpHeader> headers;  // in order, names lower case, obs-fold removed
  std::string body;
  bool reused_connection = false;
  int http_version = 11;  // 10, 11, 20

  // The first header with that (lower-case) name.
  std::optional<std::string_view> header(std::string_view name) const;
};

using HttpResult = std::expected<HttpResponse, HttpFailure>;

}  // namespace gvm::net
