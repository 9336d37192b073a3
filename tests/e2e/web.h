#pragma once
// What a GenVM asks the web module, and a module that may reach the test's own servers.
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "e2e/genvm.h"
#include "e2e/module.h"

namespace gvm::e2e {

using WebHeaders = std::vector<std::pair<std::string, std::string>>;

struct WebAsk {
  std::string method = "GET";
  std::string url = {};
  WebHeaders headers = {};
  std::optional<std::string> body = std::nullopt;
  bool sign = false;
};

// {"Request": {...}}, as the first generation sends it.
Value web_request(const WebAsk& ask);
inline Value get(std::string url) {
  return web_request({.url = std::move(url)});
}
Value render(std::string url, std::string_view mode = "text", std::string_view wait = {});
// [payload, size_limit] in place of the payload: the second generation.
Value with_size_limit(Value request, std::int64_t bytes);

// Of an Ok reply to a request.
int status_of(const Reply& reply);
std::string body_of(const Reply& reply);
std::string header_of(const Reply& reply, std::string_view name);  // "" when absent
// Of an Ok reply to a render.
std::string page_text(const Reply& reply);

// A web module whose policy trusts 127.0.0.1 and localhost, with further lines of YAML; without a
// browser, or with its own.
ModuleOptions web_options(std::string more = {});
ModuleOptions browser_options(std::string more = {});

}  // namespace gvm::e2e
