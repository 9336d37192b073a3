#pragma once
// The records of the web module: pages that contracts had rendered, and their requests. Pure.
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "audit/record.h"

namespace gvm::audit {

// The kind of such a record.
inline constexpr std::string_view kPageKind = "page";
// Of one body or answer. A longer one, and one that is no valid UTF-8, is only hashed.
inline constexpr std::size_t kMostKeptBytes = 1 * kMiB;

// A page, or the answer to a request.
struct Page : Subject {
  std::string form;  // of a page its mode (text, html, screenshot), of a request its method
  int status = 0;    // of HTTP; 0: none is known
  std::string url;   // without credentials
  std::optional<std::string> body;    // of the request
  std::optional<std::string> answer;  // text, HTML, picture or body, as guards left it
};

SealedTexts seal(const Page& page, std::uint64_t seq, Keep keep);
// Without newline.
std::string page_line(const Link& link, const Page& page, const SealedTexts& sealed);
// Of the parsed line of a page's texts.
OpenedTexts open_page_texts(std::string_view salt, Value fields);

// What the audit takes.
using Entry = std::variant<Answer, Page>;
std::size_t bytes_of(const Entry& entry);
SealedTexts seal(const Entry& entry, std::uint64_t seq, Keep keep);
std::string line_of(const Link& link, const Entry& entry, const SealedTexts& sealed);

}  // namespace gvm::audit
