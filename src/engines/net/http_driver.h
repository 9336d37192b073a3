#pragma once
// Runs exchanges on libcurl's multi interface inside an io_context: sockets, timers and the pool of
// handles. Implements HttpClient. Internal to net/.
//
// No coroutine is resumed and no function of libcurl is called from inside one of libcurl's
// callbacks: results are posted, timers armed.
#include <atomic>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/deadline.h"
#include "net/curl_handle.h"
#include "net/http_client_options.h"
#include "net/http_client_stats.h"
#include "net/http_exchange.h"
#include "net/http_response.h"
#include "net/socket_watch.h"

namespace gvm::net {

using PendingResult = std::optional<HttpResult>;

class HttpDriver final : public ExchangeOwner {
 public:
  HttpDriver(asio::io_context& context, HttpClientOptions options);
  ~HttpDriver();
  HttpDriver(const HttpDriver&) = delete;
  HttpDriver& operator=(const HttpDriver&) = delete;

  // Completes once `*outcome` is set. Both pointers must stay valid as long as the completion
  // handler exists.
  template <class Token>
  auto run(const HttpRequest* request, Deadline deadline, PendingResult* outcome, Token&& token) {
    return asio::async_initiate<Token, void()>(
        [this](auto handler, const HttpRequest* r, Deadline d, PendingResult* o) {
          Waiter waiter;
          waiter.slot = asio::get_associated_cancellation_slot(handler);
          waiter.outcome = o;
          waiter.resume = [h = std::move(handler)]() mutable {
            const auto executor = asio::get_associated_executor(h);
            asio::post(executor, std::move(h));
          };
          start(*r, d, std::move(waiter));
        },
        token, request, deadline, outcome);
  }

  HttpClientStats stats() const;

 private:
  using Timer =
      asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, asio::io_context::executor_type>;
  using Work = asio::executor_work_guard<asio::io_context::executor_type>;

  // Cancels its exchange at most once, because the slot may outlive both objects.
  struct Canceller {
    HttpDriver* driver;
    Exchange* exchange;
    void operator()(asio::cancellation_type type) {
      if (type == asio::cancellation_type::none) return;
      if (HttpDriver* d = std::exchange(driver, nullptr)) d->cancel(*exchange);
    }
  };

  void start(const HttpRequest& request, Deadline deadline, Waiter waiter);
  void launch(std::unique_ptr<Exchange> idle);
  void cancel(Exchange& exchange);
  void complete(Exchange& exchange, HttpResult result);
  void detach(Exchange& exchange);
  std::unique_ptr<Exchange> take_idle();
  void keep(std::unique_ptr<Exchange> idle);

  void drive(curl_socket_t fd, int bits);
  void harvest();
  void on_timer();
  void expire(Clock::time_point now);
  void arm();
  void rest();

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*);
  static int on_curl_timer(CURLM*, long timeout_ms, void* self);

  void due_moved(Exchange& exchange) override;
  bool socket_opened(curl_socket_t fd) override;
  void close_socket(curl_socket_t fd) override;
  curl_socket_t connected(const ConnectionKey& route,
                          const std::vector<curl_socket_t>& candidates) override;
  void idle_http1(curl_socket_t fd) override;
  bool has_unasked_input(curl_socket_t fd) override;
  bool address_allowed(const sockaddr& address) const override;
  bool proxy_address_allowed(const sockaddr& address) const override;
  bool judges_addresses() const override { return options_.allow_address != nullptr; }

  asio::io_context& context_;
  HttpClientOptions options_;
  std::shared_ptr<const char> alive_ =
      std::make_shared<const char>();  // timer handlers check that it still exists

  std::atomic<std::size_t> active_{0};
  std::atomic<std::size_t> opened_{0};
  std::atomic<std::size_t> reused_{0};

  SocketWatch sockets_;
  Timer timer_;
  Clock::time_point armed_ = Clock::time_point::max();     // when the timer fires
  Clock::time_point curl_due_ = Clock::time_point::max();  // when libcurl wants to be called
  std::optional<Work> work_;                               // while exchanges run

  ShareHandle share_;
  MultiHandle multi_;
  std::vector<std::unique_ptr<Exchange>> idle_;
  Exchange::Timetable running_;
};

}  // namespace gvm::net
