#include "serve/status_page.h"

#include <string>

#include "base/recent_problems.h"
#include "serve/http_pages.h"

namespace gvm::serve {

std::string_view embedded(std::string_view name);

namespace {

// Nothing from elsewhere, no frame around it, no cookies.
constexpr std::string_view kSecurityHeaders =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n";

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

std::optional<HttpAnswer> page_at(const Core& core, std::string_view path) {
  if (path == "/") return text("status", "text/html");
  if (path == "/status.css") return text("status_style", "text/css");
  if (path == "/page.js") return text("page_functions", "text/javascript");
  if (path == "/status.js") return text("status_program", "text/javascript");
  if (path == "/status/history") return json(core.history.json() + "\n");
  if (path == "/status/problems") return problems();
  return std::nullopt;
}

bool is_of_this_machine(std::string_view host) {
  const auto bracket = host.find(']');
  const auto colon = host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  const auto name = host.substr(0, colon);
  return name.empty() || name == "localhost" || name == "[::1]" || name.starts_with("127.");
}

std::optional<HttpAnswer> refuse(const PageVisitor& visitor) {
  if (!visitor.is_local)
    return http_error(403, "the status page is shown to browsers on this machine only");
  if (!is_of_this_machine(visitor.host))
    return http_error(403,
                      "open the status page as http://127.0.0.1:PORT/ or http://localhost:PORT/");
  return std::nullopt;
}

asio::awaitable<HttpAnswer> ready(HttpAnswer answer) {
  co_return answer;
}

asio::awaitable<HttpAnswer> secured(asio::awaitable<HttpAnswer> part) {
  auto answer = co_await std::move(part);
  answer.extra_headers += kSecurityHeaders;
  co_return answer;
}

}  // namespace

std::optional<HttpAnswer> status_page(const Core& core, const PageVisitor& visitor) {
  auto page = page_at(core, visitor.target.substr(0, visitor.target.find('?')));
  if (!page) return std::nullopt;
  if (auto refusal = refuse(visitor)) return refusal;
  page->extra_headers = kSecurityHeaders;
  return page;
}

std::optional<asio::awaitable<HttpAnswer>> status_part(const Core& core,
                                                       const PageVisitor& visitor) {
  if (!visitor.target.starts_with("/status/")) return std::nullopt;
  auto part = core.service.status_part(visitor.target);
  if (!part) return std::nullopt;
  if (auto refusal = refuse(visitor)) return ready(std::move(*refusal));
  return secured(std::move(*part));
}

std::string_view page_style() {
  return embedded("status_style");
}

std::string_view page_functions() {
  return embedded("page_functions");
}

}  // namespace gvm::serve
