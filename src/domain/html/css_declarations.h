#pragma once
// The declarations of a `style` attribute by CSS Syntax 3: comments are gone, escapes are what they
// stand for, names and values are in lower case, and what is important comes last, as it wins.
#include <string>
#include <string_view>
#include <vector>

namespace gvm::html {

struct Declaration {
  std::string property;
  std::string value;  // without "!important"
  bool important = false;
};

// Linear. What is no declaration is left out.
std::vector<Declaration> read_declarations(std::string_view style);

}  // namespace gvm::html
