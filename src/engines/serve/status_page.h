#pragma once
// The status page of a module's port: "/", its style and program, and what they read beside
// /health and /metrics. Only for browsers of this machine, because log lines are on it.
#include <boost/asio/awaitable.hpp>
#include <optional>
#include <string_view>

#include "serve/core.h"
#include "serve/http_answer.h"

namespace gvm::serve {

// The parts of a request that decide whether it is answered with the page.
struct PageVisitor {
  std::string_view target;  // of a GET request
  std::string_view host;    // its header Host, empty when it is missing
  bool is_local = false;    // a loopback address or a Unix socket
};

// None: the target is not the page's. 403 for a visitor from elsewhere, and for a Host that is no
// literal of a loopback address and not localhost: a web page of another name must not read the
// log by DNS rebinding.
std::optional<HttpAnswer> status_page(const Core& core, const PageVisitor& visitor);

// The same for the parts that the product makes (Service::status_part).
std::optional<boost::asio::awaitable<HttpAnswer>> status_part(const Core& core,
                                                              const PageVisitor& visitor);

// The style and the common functions of the pages, for the manager's page too.
std::string_view page_style();
std::string_view page_functions();

}  // namespace gvm::serve
