#pragma once
// An HTTP message as signatures see it (RFC 9421, 2): control data and fields. Built from a
// canonical URL for messages to send, or from the text on the wire for received ones.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "url/url.h"

namespace gvm::signing {

struct Field {
  std::string name;  // compared without regard to case
  std::string value;
  friend bool operator==(const Field&, const Field&) = default;
};
using Fields = std::vector<Field>;

bool same_field_name(std::string_view a, std::string_view b);

// Where a request goes. Kept as sent: only what RFC 9421, 2.2 requires is normalised.
struct Target {
  std::string scheme;          // lower case
  std::string authority;       // lower case, without the default port
  std::string path = "/";      // "/" when empty
  std::string query = "?";     // with '?'; "?" alone when there is no query
  std::string uri;             // no user info, no fragment
  std::string request_target;  // what the request line holds

  static Target of_url(const url::Url& url);
  // From a request line and a Host field. All four forms of RFC 9112, 3.2 (origin, absolute,
  // authority for CONNECT, asterisk). Error: MALFORMED_MESSAGE.
  static Result<Target> of_wire(std::string_view scheme, std::string_view method,
                                std::string_view request_target, std::string_view host);
};

struct Message {
  enum class Kind { request, response };

  Kind kind = Kind::request;
  std::string method;  // of a request
  Target target;       // of a request
  int status = 0;      // of a response
  Fields headers;
  Fields trailers;
  std::optional<std::string> body;   // for Content-Digest; empty optional: not known
  const Message* request = nullptr;  // of a response: what it answers, for ;req. Borrowed.

  static Message of_request(std::string method, const url::Url& url, Fields headers);
  static Message of_response(int status, Fields headers, const Message* request = nullptr);
};

// The lines of one field, without the white space around them and without folding (RFC 9421, 2.1).
std::vector<std::string> field_lines(const Fields& fields, std::string_view name);
// Joined by ", "; empty when there is no such field.
std::optional<std::string> field_value(const Fields& fields, std::string_view name);
void remove_field(Fields& fields, std::string_view name);

}  // namespace gvm::signing
