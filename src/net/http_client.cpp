#include "net/http_client.h"

#include <boost/asio/use_awaitable.hpp>
#include <mutex>
#include <utility>

#include "net/http_driver.h"

namespace gvm::net {
namespace {

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw std::runtime_error("libcurl: cannot start");
    }
  });
}

}  // namespace

std::optional<std::string_view> HttpResponse::header(std::string_view name) const {
  for (const auto& header : headers) {
    if (header.name == name) return header.value;
  }
  return std::nullopt;
}

class HttpClient::Impl {
 public:
  Impl(asio::io_context& context, HttpClientOptions options)
      : driver(context, std::move(options)) {}
  HttpDriver driver;
};

HttpClient::HttpClient(asio::io_context& context, HttpClientOptions options) {
  start_libcurl();
  impl_ = std::make_unique<Impl>(context, std::move(options));
}

HttpClient::~HttpClient() = default;

asio::awaitable<Result<HttpResponse>> HttpClient::send(HttpRequest request, Deadline deadline) {
  Outcome outcome;
  co_await impl_->driver.run(&request, deadline, &outcome, asio::use_awaitable);
  // The client may be gone by now; the outcome is this frame's own.
  co_return std::move(*outcome);
}

HttpClientStats HttpClient::stats() const {
  return impl_->driver.stats();
}

}  // namespace gvm::net
