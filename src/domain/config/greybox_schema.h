#pragma once
// The table of `greybox`, and what is checked beyond it. Internal to the configuration.
#include "config/greybox_config.h"
#include "config/llm_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& greybox_section();

// greybox_texts.cpp: compile what holds placeholders, and check the names of filters.
void check_phrasing(const Node& node, const std::string& path, Context& context,
                    GreyboxPhrasing& phrasing);
void check_delimiter(const Node& node, const std::string& path, Context& context,
                     GreyboxDelimiter& delimiter);
void check_text_filter(const Node& node, const std::string& path, Context& context,
                       GreyboxTextFilter& filter);

// Once it is known which backends are usable: fills the pools. Names that no backend or model has
// are errors; models of dropped backends are left out with a warning.
enum class EmptyPools { refuse, warn };  // of which no model can be used
void resolve_pools(const Node& root, Context& context, LlmConfig& config, EmptyPools empty);

}  // namespace gvm::config
