#include "web/static_page.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"
#include "html/charset.h"
#include "html/codes.h"
#include "html/page.h"
#include "html/serialize.h"

namespace gvm::web {
namespace {

using browser::RenderResult;

constexpr int kFirstErrorStatus = 400;

std::string cut_text(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  // Not inside of a character: continuation bytes are 10xxxxxx.
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  text.resize(limit);
  return text;
}

Error load_failed(int status, std::string body, const std::string& url, std::string reason) {
  return Error(codes::kWebpageLoadFailed, Fatality::user,
               fmt::format("the page answered with status {}", status))
      .with("url", Value::string(url))
      .with("status", Value::integer(status))
      .with("body",
            Value::string(cut_text(std::move(body), browser::RenderLimits{}.failed_body_bytes)))
      .with("reason", Value::string(std::move(reason)));
}

// What is no HTML is given as it is, in both modes.
Result<std::string> html_of(const net::HttpResponse& response, const std::string& type,
                            const std::string& url) {
  if (!html::is_html_type(type)) {
    auto text = html::page_text(response.body, type, url);
    if (!text) return fail(std::move(text).error());
    return std::move(text->text);
  }
  auto parsed_url = url::parse(url);
  auto page =
      html::parse_page(response.body, html::charset_of_content_type(type),
                       parsed_url ? &*parsed_url : nullptr, {}, nullptr, html::Shadows::as_written);
  if (!page) return fail(std::move(page).error());
  return html::to_html(*page->document, page->document->root());
}

Result<std::string> text_of(const net::HttpResponse& response, const std::string& type,
                            const std::string& url, html::Invisible invisible) {
  auto text = html::page_text(response.body, type, url, invisible);
  if (!text) return fail(std::move(text).error());
  return std::move(text->text);
}

// WEBPAGE_LOAD_FAILED always says where and with which status, DOCUMENT_TOO_COMPLEX where.
Error with_place(Error error, int status, const std::string& url) {
  if (error.code() == codes::kDocumentTooComplex)
    return std::move(error).with("url", Value::string(url));
  if (error.code() != codes::kWebpageLoadFailed) return error;
  return std::move(error)
      .with("url", Value::string(url))
      .with("status", Value::integer(status))
      .with("body", Value::string(""));
}

}  // namespace

Result<RenderResult> read_static_page(net::HttpResponse response,
                                      const browser::RenderRequest& request,
                                      const std::string& url) {
  const std::string type(response.header("content-type").value_or(""));
  const bool html = request.mode == browser::RenderMode::html;
  const bool failed = response.status >= kFirstErrorStatus;
  auto content = html && !failed ? html_of(response, type, url)
                                 : text_of(response, type, url, request.invisible);
  if (failed)
    return fail(load_failed(response.status, content ? std::move(*content) : "", url, "status"));
  if (!content) return fail(with_place(std::move(content).error(), response.status, url));
  RenderResult result;
  result.mode = request.mode;
  result.status = response.status;
  result.url = url;
  result.content = std::move(*content);
  if (result.content.size() > request.max_bytes) {
    return fail(Error(codes::kTooLarge, Fatality::user,
                      fmt::format("the page has more than {} bytes", request.max_bytes))
                    .with("limit", Value::integer(Integer::from_u64(request.max_bytes))));
  }
  return result;
}

asio::awaitable<Result<RenderResult>> read_on(asio::thread_pool& workers, StaticPage page) {
  auto work = [](StaticPage given) -> asio::awaitable<Result<RenderResult>> {
    co_return read_static_page(std::move(given.response), given.request, given.url);
  };
  auto reading = asio::co_spawn(workers, work(std::move(page)), asio::use_awaitable);
  Result<RenderResult> result = co_await std::move(reading);
  co_return result;
}

}  // namespace gvm::web
