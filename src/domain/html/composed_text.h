#pragma once
// The text of a page as a browser shows it, from marks that a script wrote while it walked the
// composed tree (engines/browser/page/text.js): open shadow trees with their slots in place,
// without what is not visible. The marks are texts between these:
//
//   U+0001 BOX SPACES   a box begins. BOX: i inline, b block, p paragraph, r row, c cell;
//                       SPACES: n collapsed, k kept, l line breaks kept
//   U+0005 C,R;         the cell that begins next spans C columns and R rows (0: to its group's
//   end) U+0002              a line break U+0003              the innermost box ends U+0004 C the
//   character C itself
//
// Every string is read: what makes no sense has no effect.
#include <string>
#include <string_view>

namespace gvm::html {

std::string composed_text(std::string_view marks);

// `text` was decoded as windows-1252. When its bytes were UTF-8 (and not only ASCII), what they say
// as UTF-8, else an empty string. Browsers take windows-1252 for a page that names no charset.
std::string reread_as_utf8(std::string_view text);

}  // namespace gvm::html
