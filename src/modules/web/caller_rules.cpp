#include "web/caller_rules.h"

#include <vector>

#include "host/script_request.h"
#include "net/header_rules.h"
#include "net/http_header.h"
#include "web/codes.h"

namespace gvm::web {
namespace {

std::vector<net::HttpHeader> headers_of(const Value::Map& headers) {
  std::vector<net::HttpHeader> list;
  for (const auto& [name, value] : headers) {
    if (!host::is_dropped_header(name.view()))
      list.push_back({std::string(name.view()), std::string(value.as_bytes().value_or(""))});
  }
  return list;
}

}  // namespace

Result<void> check_caller(const envelope::WebRequest& request) {
  const auto headers = headers_of(request.headers);
  if (auto problem = net::problem_with_headers(headers))
    return fail(codes::kHeaderForbidden, Fatality::user, std::move(*problem));
  const bool has_body = request.body && !request.body->view().empty();
  if (has_body && request.method == envelope::WebMethod::head) {
    return fail(codes::kBodyForbidden, Fatality::user,
                "HEAD requests have no body; use POST, or leave the body out");
  }
  return {};
}

}  // namespace gvm::web
