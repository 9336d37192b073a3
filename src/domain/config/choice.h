#pragma once
// A key whose value must be one of a few words.
#include <initializer_list>
#include <string>
#include <string_view>

#include "config/reader.h"

namespace gvm::config {

// Reports an error at the key's value when `value` is none of them. An absent key keeps its
// default.
void check_choice(const Node& node, const std::string& path_of, std::string_view key,
                  Context& context, const std::string& value,
                  std::initializer_list<std::string_view> choices);

}  // namespace gvm::config
