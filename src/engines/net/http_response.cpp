#include "net/http_response.h"

namespace gvm::net {

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

}  // namespace gvm::net
