#pragma once
// A kind of prompt with something to draw for every key.
#include "config/greybox_config.h"

namespace gvm::greybox {

config::GreyboxPhrasing phrasing_of(std::string system, std::vector<std::string> sections);

config::GreyboxKind kind_with_everything();

}  // namespace gvm::greybox
