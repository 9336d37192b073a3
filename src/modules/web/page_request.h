#pragma once
// What a script asks of web.rs.render, read and checked once.
#include "web/pages.h"

namespace gvm::web {

// `{url, mode, wait_after_loaded?, wait_for_selector?, quiet_dom?, full_page?, size_limit?,
// engine?}`; other fields are ignored. Errors: SCRIPT_BAD_ARGUMENT.
// `preset` is what holds for fields that are not given.
Result<PageRequest> read_page_request(std::string_view function, const Value& table,
                                      const browser::RenderRequest& preset);

}  // namespace gvm::web
