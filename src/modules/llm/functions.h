#pragma once
// The host functions and constants of `llm.rs` (lua-api.md, "lib-llm").
#include "config/llm_config.h"
#include "script/script.h"

namespace gvm::llm {

// Adds the rows to `table`. Sessions that call them have LlmServices.
void add_llm_functions(script::HostTable& table, const config::LlmConfig& config);
// The part of it that chooses models (route_functions.cpp).
void add_route_functions(script::HostTable& table, const config::LlmConfig& config);
// The field of ctx that functions for prompts get: where nothing is drawn it is the script's own,
// and may hold anything.
std::string_view draw_field(const config::LlmConfig& config);
// The part of it that templates are judged with (template_functions.cpp).
void add_template_functions(script::HostTable& table, const config::LlmConfig& config);

}  // namespace gvm::llm
