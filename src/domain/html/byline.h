#pragma once
// Who wrote a page and when, as its elements show it: links of rel=author, microdata, microformats,
// and what is named a byline. For pages whose head does not say.
#include <string>
#include <string_view>

#include "html/document.h"

namespace gvm::html {

struct Byline {
  std::string author;
  std::string published;  // as written in `datetime`, `content` or `title`, else the text
  std::string modified;
};

Byline read_byline(const Document& document);

// "By Ann Lee | Reporter" is Ann Lee; empty when it looks like no name. Also for other sources.
std::string author_name(std::string_view text);

// The date in a path such as /2024/05/06/title, as 2024-05-06; empty when there is none.
std::string date_of_path(std::string_view path);

}  // namespace gvm::html
