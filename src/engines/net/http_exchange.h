#pragma once
// One request and its answer: a libcurl easy handle with its callbacks, limits and timers.
// HttpClient keeps and reuses it. Internal to net/.
#include <boost/asio/cancellation_signal.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "net/body_decoder.h"
#include "net/curl_handle.h"
#include "net/http_client_options.h"
#include "net/http_dial.h"
#include "net/http_error.h"
#include "net/http_response.h"
#include "net/request_headers.h"
#include "net/socket_watch.h"

namespace gvm::net {

namespace asio = boost::asio;

class Exchange;

// True for a method that may be repeated without further effect (RFC 9110, 9.2.2).
bool is_idempotent(std::string_view method);

// Who waits for an exchange. `outcome` is in the frame of the waiting coroutine, which lives as
// long as `resume`.
struct Waiter {
  std::move_only_function<void()> resume;  // posts the continuation
  asio::cancellation_slot slot;
  std::optional<HttpResult>* outcome = nullptr;
};

// What an exchange needs from its client. Called from inside libcurl's callbacks.
class ExchangeOwner {
 public:
  virtual void due_moved(Exchange& exchange) = 0;  // the exchange is due earlier than before
  virtual bool socket_opened(curl_socket_t fd) = 0;
  virtual void close_socket(curl_socket_t fd) = 0;
  // As in SocketWatch.
  virtual curl_socket_t connected(const ConnectionKey& route,
                                  const std::vector<curl_socket_t>& candidates) = 0;
  virtual void idle_http1(curl_socket_t fd) = 0;
  virtual bool has_unasked_input(curl_socket_t fd) = 0;
  virtual bool address_allowed(const sockaddr& address) const = 0;
  virtual bool proxy_address_allowed(const sockaddr& address) const = 0;
  virtual bool judges_addresses() const = 0;

 protected:
  ~ExchangeOwner() = default;
};

class Exchange {
 public:
  struct Due {
    Clock::time_point when;
    TimeoutKind kind;
  };
  // Running exchanges by the time their next limit is reached; owns them.
  using Timetable = std::multimap<Clock::time_point, std::unique_ptr<Exchange>>;

  Exchange(ExchangeOwner& owner, const HttpClientOptions& options, const ShareHandle& share);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  CURL* easy() const { return easy_.get(); }

  // Makes the handle ready to be started. `request` must outlive the exchange's run.
  std::optional<HttpFailure> prepare(const HttpRequest& request, Deadline deadline);
  // Ends the run with libcurl's result, a timeout or a cancellation. The exchange may then be
  // prepared again.
  HttpResult finished(CURLcode code);
  HttpFailure timed_out(TimeoutKind kind);
  HttpFailure cancelled();

  // For libcurl's result `code`: true when the pooled connection was unusable and the exchange may
  // be started again on another one.
  bool wants_another_connection(CURLcode code);

  Due due() const;
  // For a limit that is due: true when enough data moved since; a new period then begins.
  bool excused(TimeoutKind kind, Clock::time_point now);
  bool used_pooled_connection() const;
  // Its connection, or another one, is about to be closed.
  void closing(curl_socket_t fd);

  // While it runs:
  std::optional<Timetable::iterator> entry;
  Waiter waiter;

 private:
  // Larger request bodies are sent in pieces, so that their progress is observed.
  static constexpr std::size_t kSentAtOnce = 32 * kKiB;

  enum class Phase { connecting, sending, waiting, answering };
  enum class Stopped {
    no,
    head_limit,
    head_count,
    body_limit,
    ratio,
    encoding,
    garbled,  // compressed data that cannot be read
    lengths,  // contradicting or garbled announcements
    forbidden,
    switched,  // to another protocol
    spoiled,   // the pooled connection was unusable
    resend     // libcurl was about to send a request again that must not be repeated
  };

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  static int on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent);
  static int on_connected(void* self, char* remote_ip, char* local_ip, int remote_port,
                          int local_port);
  static int on_resolve(void* resolver, void* reserved, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype, curl_sockaddr* address);
  static int close_socket(void* owner, curl_socket_t fd);

  void set_constant_options(const HttpClientOptions& options, const ShareHandle& share);
  void set_trust(const HttpClientOptions& options);
  void set_method(const HttpRequest& request);
  std::optional<HttpFailure> set_destination(const HttpRequest& request);
  bool may_dial(const sockaddr& address) const;
  bool may_resend() const;
  bool failed_with_the_pooled_connection(CURLcode code) const;
  bool was_not_processed() const;
  bool lost_with_its_connection(const HttpFailure& failure) const;
  void begin_answer();
  std::size_t received() const;
  bool ratio_exceeded() const;
  Progress progress() const;
  HttpStage stage() const;
  HttpFailure noted(HttpFailure failure) const;
  void enter(Phase phase);
  bool header_line(std::string_view line);
  void status_line(std::string_view line);
  void field_line(std::string_view line);
  bool announce(std::string_view value);
  void drop_coding_fields();
  bool body_piece(std::string_view piece);
  bool body_may_grow();
  bool head_done();
  bool stop(Stopped reason);
  std::optional<HttpFailure> stop_error() const;
  void end_run();

  ExchangeOwner& owner_;
  const std::chrono::seconds dns_cache_;
  const HttpVersion best_version_;
  char detail_[CURL_ERROR_SIZE] = {};
  RequestHeaders request_headers_;
  Dial dial_;
  EasyHandle easy_;  // declared after the members that it points to

  const HttpRequest* request_ = nullptr;
  HttpResponse response_;
  Deadline deadline_ = Deadline::never();
  Clock::time_point started_;
  Clock::time_point progressed_;  // the phase began, or the last byte moved, at this time
  Clock::time_point window_;      // start of the period over which the speed is measured
  std::size_t window_bytes_ = 0;  // received before that period
  Phase phase_ = Phase::connecting;
  Stopped stopped_ = Stopped::no;
  std::vector<curl_socket_t>
      opened_;  // for this request; at most one of them became its connection
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  bool pooled_ = false;                      // the connection that took the request
  std::optional<Clock::time_point> closed_;  // that one
  int reconnects_ = 0;
  bool resent_ = false;  // after the pooled connection had failed
  curl_off_t uploaded_ = 0;
  std::size_t head_bytes_ = 0;
  std::optional<std::size_t> announced_;  // Content-Length
  bool http2_ = false;                    // the answer
  bool head_complete_ = false;
  std::optional<BodyDecoder> decoder_;
  std::size_t body_bytes_ = 0;  // as they came, encoded
  bool sent_ = false;           // the request, or some of it, may be on its way
};

}  // namespace gvm::net
