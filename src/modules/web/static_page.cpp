#include "web/static_page.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/error_codes.h"
#include "html/charset.h"
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

Result<std::string> html_of(const net::HttpResponse& response, const std::string& url) {
  auto parsed_url = url::parse(url);
  const auto type = response.header("content-type").value_or("");
  auto page = html::parse_page(response.body, html::charset_of_content_type(type),
                               parsed_url ? &*parsed_url : nullptr);
  if (!page) return fail(std::move(page).error());
  return html::to_html(*page->document, page->document->root());
}

}  // namespace

Result<RenderResult> read_static_page(net::HttpResponse response,
                                      const browser::RenderRequest& request,
                                      const std::string& url) {
  const std::string type(response.header("content-type").value_or(""));
  auto text = html::page_text(response.body, type, url);
  if (response.status >= kFirstErrorStatus)
    return fail(load_failed(response.status, text ? std::move(text->text) : "", url, "status"));
  if (!text) return fail(std::move(text).error());
  RenderResult result;
  result.mode = request.mode;
  result.status = response.status;
  result.url = url;
  if (request.mode == browser::RenderMode::html) {
    auto html = html_of(response, url);
    if (!html) return fail(std::move(html).error());
    result.content = std::move(*html);
  } else {
    result.content = std::move(text->text);
  }
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
