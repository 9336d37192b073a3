#pragma once
// Determines the character encoding of a page (HTML Standard, "determining the character
// encoding"), and converts its text to UTF-8. In this order: a byte order mark, what the transport
// says, <meta> in the first 1024 bytes, UTF-8 when the bytes are valid UTF-8, windows-1252. A
// sequence that means nothing in its encoding becomes U+FFFD.
#include <optional>
#include <string>
#include <string_view>

namespace gvm::html {

struct Encoding {
  std::string_view name;  // of the Encoding Standard: "UTF-8", "windows-1252", "Shift_JIS"
  const char* converter;  // ICU's; empty for what is decoded here
};

// Finds an encoding by any label of the Encoding Standard, in any case, with spaces around it.
std::optional<Encoding> encoding_of(std::string_view label);

// The charset in a Content-Type ("text/html; charset=\"utf-8\""); empty when it names none.
std::string_view charset_of_content_type(std::string_view content_type);
// The encoding that the document declares: a <meta> within the first 1024 bytes (HTML
// Standard, 13.2.3.2), else an XML declaration, else a <meta> within the first MiB that stands in
// no script, style, title or textarea.
std::optional<Encoding> prescan_meta(std::string_view bytes);

struct Decoded {
  std::string utf8;
  std::string_view charset;  // the encoding's name
};

// `label`: that of the transport; an unknown one counts as absent.
Decoded decode(std::string_view bytes, std::string_view label = {});

}  // namespace gvm::html
