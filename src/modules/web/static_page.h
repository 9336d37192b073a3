#pragma once
// Reads a page without a browser: its text or HTML from the bytes that the server sent.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/thread_pool.hpp>

#include "browser/render.h"
#include "net/http_response.h"

namespace gvm::web {

namespace asio = boost::asio;

struct StaticPage {
  net::HttpResponse response;
  browser::RenderRequest request;
  std::string url;  // where redirects led
};

// Errors, none fatal: WEBPAGE_LOAD_FAILED with ctx.url, status and body, as a browser's pages have
// it, for a status from 400 and for what is no text; TOO_LARGE; DOCUMENT_TOO_COMPLEX.
Result<browser::RenderResult> read_static_page(net::HttpResponse response,
                                               const browser::RenderRequest& request,
                                               const std::string& url);

// The same on another thread, as a long page takes its time.
asio::awaitable<Result<browser::RenderResult>> read_on(asio::thread_pool& workers, StaticPage page);

}  // namespace gvm::web
