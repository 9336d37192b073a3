#include "manager/page.h"

#include "serve/status_page.h"

namespace gvm::manager {

std::string_view embedded(std::string_view name);

std::optional<PageFile> page_file(std::string_view path) {
  const auto file = [](std::string_view text, const char* type) {
    return PageFile{std::string(text), std::string(type) + "; charset=utf-8"};
  };
  if (path == "/") return file(embedded("manager"), "text/html");
  if (path == "/status.css") return file(serve::page_style(), "text/css");
  if (path == "/page.js") return file(serve::page_functions(), "text/javascript");
  if (path == "/manager.js") return file(embedded("manager_program"), "text/javascript");
  return std::nullopt;
}

}  // namespace gvm::manager
