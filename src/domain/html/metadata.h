#pragma once
// What a page says about itself.
#include <string>

#include "html/document.h"

namespace gvm::html {

// <title>, else og:title, else the first <h1>; on one line.
std::string title(const Document& document);

// A map. Absent fields are left out:
//   title description language canonical image author site_name published modified   strings
//   keywords     list of strings
//   meta         name (lower case) -> content, of <meta name=>
//   open_graph   property without "og:" -> content
//   twitter      name without "twitter:" -> content
//   json_ld      list of what each <script type="application/ld+json"> holds; broken ones are left
//   out
// Of repeated names the first counts. `author` comes from the head, from JSON-LD with its
// references followed (several names joined by ", "), from rel=author, microdata or a byline. Dates
// are as the page writes them, at last that of its address. URLs (canonical, image) are absolute
// where they can be.
Value metadata(const Document& document);

}  // namespace gvm::html
