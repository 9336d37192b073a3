#pragma once
// The status page of a module: "/", its style and program, and what they read beside /health and
// /metrics. Who may see it is judged before (watch_rules.h).
#include <optional>
#include <string_view>

#include "serve/core.h"
#include "serve/http_answer.h"

namespace gvm::serve {

// "/", its style and its program: they hold nothing of the module. None for every other path.
std::optional<HttpAnswer> page_file(std::string_view path);

// What the page's program asks the server for. None: the product may have such a part
// (Service::status_part).
std::optional<HttpAnswer> page_data(const Core& core, std::string_view path);

// The style and the common functions of the pages, for the manager's page too.
std::string_view page_style();
std::string_view page_functions();

}  // namespace gvm::serve
