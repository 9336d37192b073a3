#include "serve/status_page.h"

#include <string>

#include "base/recent_problems.h"

namespace gvm::serve {

std::string_view embedded(std::string_view name);

namespace {

HttpAnswer text(std::string_view name, std::string type) {
  HttpAnswer answer;
  answer.content_type = std::move(type) + "; charset=utf-8";
  answer.body = embedded(name);
  return answer;
}

HttpAnswer json(std::string body) {
  HttpAnswer answer;
  answer.body = std::move(body);
  return answer;
}

HttpAnswer problems() {
  std::string body = "[";
  for (const auto& line : log::recent_problems()) {
    if (body.size() > 1) body += ",\n";
    body += line;
  }
  return json(body + "]\n");
}

}  // namespace

std::optional<HttpAnswer> page_file(std::string_view path) {
  if (path == "/") return text("status", "text/html");
  if (path == "/status.css") return text("status_style", "text/css");
  if (path == "/page.js") return text("page_functions", "text/javascript");
  if (path == "/status.js") return text("status_program", "text/javascript");
  return std::nullopt;
}

std::optional<HttpAnswer> page_data(const Core& core, std::string_view path) {
  if (path == "/status/history") return json(core.history.json() + "\n");
  if (path == "/status/problems") return problems();
  return std::nullopt;
}

std::string_view page_style() {
  return embedded("status_style");
}

std::string_view page_functions() {
  return embedded("page_functions");
}

}  // namespace gvm::serve
