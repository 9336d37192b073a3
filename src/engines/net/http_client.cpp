#include "net/http_client.h"

#include <atomic>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <utility>

#include "net/http_driver.h"

// libcurl loads LDAP, which loads GnuTLS, which would initialise itself in every process (2 MB and
// some milliseconds). LDAP is not used here. GnuTLS looks for this symbol to skip that, as its
// header says at GNUTLS_SKIP_GLOBAL_INIT.
extern "C" __attribute__((visibility("default"))) int _gnutls_global_init_skip() {
  return 1;
}

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

// libcurl, OpenSSL and their tables take 2 MB, so they are initialised with the first request.
class HttpClient::Impl {
 public:
  Impl(asio::io_context& context, HttpClientOptions options)
      : context_(context), options_(std::move(options)) {}

  HttpDriver& driver() {
    if (!driver_) {
      start_libcurl();
      driver_ = std::make_unique<HttpDriver>(context_, std::move(options_));
      started_.store(driver_.get(), std::memory_order_release);
    }
    return *driver_;
  }

  // From any thread; null before the first request.
  const HttpDriver* started() const { return started_.load(std::memory_order_acquire); }

 private:
  asio::io_context& context_;
  HttpClientOptions options_;
  std::unique_ptr<HttpDriver> driver_;
  std::atomic<const HttpDriver*> started_{nullptr};
};

HttpClient::HttpClient(asio::io_context& context, HttpClientOptions options)
    : impl_(std::make_unique<Impl>(context, std::move(options))) {}

HttpClient::~HttpClient() = default;

asio::awaitable<HttpResult> HttpClient::send(HttpRequest request, Deadline deadline) {
  PendingResult outcome;
  HttpDriver& driver = impl_->driver();
  co_await driver.run(&request, deadline, &outcome, asio::use_awaitable);
  // The client may be destroyed by now; the result belongs to this coroutine's frame.
  co_return std::move(*outcome);
}

HttpClientStats HttpClient::stats() const {
  const HttpDriver* driver = impl_->started();
  return driver == nullptr ? HttpClientStats{} : driver->stats();
}

}  // namespace gvm::net
