#pragma once
// The header list of one request in the form libcurl needs: one allocation for the text and one for
// the nodes, both reused. Secrets are in this object only, and are wiped when the list is cleared.
// Internal to net/.
#include <curl/curl.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/header_rules.h"
#include "net/http_request.h"

namespace gvm::net {

class RequestHeaders {
 public:
  RequestHeaders() = default;
  ~RequestHeaders() { clear(); }
  RequestHeaders(const RequestHeaders&) = delete;
  RequestHeaders& operator=(const RequestHeaders&) = delete;

  // A sentence about the first header that must not be sent, without its value; the list is then
  // empty.
  std::optional<std::string> build(const HttpRequest& request);
  void clear();

  curl_slist* list() { return nodes_.empty() ? nullptr : nodes_.data(); }

 private:
  std::optional<std::string> collect(const HttpRequest& request);
  void leave_out(std::string_view name);
  void add(std::string_view name, std::string_view prefix, std::string_view value);
  void link();

  std::string text_;  // "name: value\0" after each other; nodes point into it
  std::vector<curl_slist> nodes_;
  std::vector<std::size_t> starts_;
};

// True when the request is sent with a body: one is given, or the method announces one even when it
// is empty.
bool sends_body(const HttpRequest& request);

}  // namespace gvm::net
