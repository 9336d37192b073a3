#pragma once
// Computes the next hop of a redirected request (RFC 9110, 15.4).
#include <optional>

#include "base/error.h"
#include "net/http_request.h"
#include "net/http_response.h"
#include "url/url.h"

namespace gvm::host {

// Where `response` sends the client: the target of its Location. Empty when it is no redirect or
// names no place (an absent or empty Location: the answer is the last one). Errors: SENDING_REQUEST
// with kind "redirect" when the place is no http(s) URL, or would leave https for http.
Result<std::optional<url::Url>> redirect_target(const url::Url& from,
                                                const net::HttpResponse& response);

// Which headers go along when a redirect leaves the origin.
enum class OtherOrigin {
  without_credentials,
  without_headers,  // none that the caller gave
};

// Turns `request` into the one for `target`: 303, and POST after 301 or 302, become GET without a
// body.
void follow_redirect(net::HttpRequest& request, int status, const url::Url& from,
                     const url::Url& target, OtherOrigin other_origin);

// Headers that are worth hiding: their values are credentials.
bool is_credential_header(std::string_view lower_name);

// SENDING_REQUEST with kind "redirect"; `from` is the URL that answered with the redirect.
Error redirect_error(std::string detail, const url::Url& from);

}  // namespace gvm::host
