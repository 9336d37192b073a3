#pragma once
// The page at "/": both modules at a glance, from GET /status. It looks like the modules' own
// pages, and shares their style.
#include <optional>
#include <string>
#include <string_view>

namespace gvm::manager {

struct PageFile {
  std::string body;
  std::string content_type;
};
// "/", its style and its program; empty for every other path.
std::optional<PageFile> page_file(std::string_view path);

}  // namespace gvm::manager
