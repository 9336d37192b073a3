#include "net/http_exchange.h"

#include <algorithm>

namespace gvm::net {
namespace {

constexpr std::size_t kUsualHeaderCount = 16;
constexpr std::size_t kLongestHeadLine = 100 * kKiB;  // libcurl's CURL_MAX_HTTP_HEADER
// At most so many pooled connections are given up for one request because data was waiting on them.
constexpr int kMaxReconnects = 8;

bool is_plain(std::string_view url) {
  return std::ranges::none_of(url, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

int version_number(long curl_version) {
  switch (curl_version) {
    case CURL_HTTP_VERSION_1_0:
      return 10;
    case CURL_HTTP_VERSION_2_0:
      return 20;
    default:
      return 11;
  }
}

Clock::time_point later(Clock::time_point from, std::chrono::milliseconds span) {
  const auto room =
      std::chrono::duration_cast<std::chrono::milliseconds>(Clock::time_point::max() - from);
  return span >= room ? Clock::time_point::max() : from + span;
}

std::chrono::milliseconds limit_of(const HttpTimeouts& timeouts, TimeoutKind kind) {
  switch (kind) {
    case TimeoutKind::connect:
      return timeouts.connect;
    case TimeoutKind::first_byte:
      return timeouts.first_byte;
    case TimeoutKind::idle:
      return timeouts.idle;
    case TimeoutKind::total:
      return timeouts.total;
    case TimeoutKind::speed:
    case TimeoutKind::deadline:
      return {};
  }
  return {};
}

}  // namespace

bool Exchange::wants_another_connection(CURLcode code) {
  const bool spoiled = stopped_ == Stopped::spoiled;
  if (spoiled ? ++reconnects_ > kMaxReconnects : !failed_with_the_pooled_connection(code))
    return false;
  if (!spoiled) {
    resent_ = true;
    dial_.use_fresh_connection(easy_);
  }
  begin_answer();
  stopped_ = Stopped::no;
  enter(Phase::connecting);
  return true;
}

// Without a status line, the received bytes (if any) do not answer this request: they are the rest
// of an earlier answer, or the connection closed between two requests. libcurl itself repeats a
// request only when the connection closed without a byte.
bool Exchange::failed_with_the_pooled_connection(CURLcode code) const {
  const bool no_answer = code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY ||
                         code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
                         code == CURLE_GOT_NOTHING;
  return no_answer && stopped_ == Stopped::no && sent_ && !resent_ && response_.status == 0 &&
         used_pooled_connection() && request_->resend != Resend::never &&
         is_idempotent(request_->method);
}

// True when no byte of the answer has come.
void Exchange::begin_answer() {
  uploaded_ = 0;
  head_bytes_ = 0;
  http2_ = false;
  head_complete_ = false;
  decoder_.reset();
  body_bytes_ = 0;
  announced_.reset();
  detail_[0] = '\0';
  response_ = HttpResponse();
  response_.headers.reserve(kUsualHeaderCount);
}

std::optional<HttpFailure> Exchange::prepare(const HttpRequest& request, Deadline deadline) {
  if (!is_token(request.method))
    return protocol_error("the request's method is no HTTP method", request.url);
  if (!is_plain(request.url)) {
    return protocol_error("the request's URL holds a space or a control character", request.url);
  }
  if (auto problem = request_headers_.build(request)) return protocol_error(*problem, request.url);
  request_ = &request;
  deadline_ = deadline;
  phase_ = Phase::connecting;
  stopped_ = Stopped::no;
  started_ = progressed_ = Clock::now();
  reconnects_ = 0;
  resent_ = false;
  socket_ = CURL_SOCKET_BAD;
  closed_.reset();
  opened_.clear();
  sent_ = false;
  begin_answer();
  if (curl_easy_setopt(easy_.get(), CURLOPT_URL, request.url.c_str()) != CURLE_OK) {
    return protocol_error("the request's URL is too long", request.url);
  }
  // Over TLS, wait for a connection that is being made and use a stream on it, instead of opening
  // another one: ALPN soon tells whether HTTP/2 is possible. Without TLS only the first answer
  // would tell, and all other requests would wait for it.
  set_option(easy_, CURLOPT_PIPEWAIT, request.url.starts_with("https:") ? 1L : 0L);
  set_method(request);
  set_option(easy_, CURLOPT_HTTPHEADER, request_headers_.list());
  return set_destination(request);
}

Exchange::Due Exchange::due() const {
  Due first{deadline_.when(), TimeoutKind::deadline};
  const auto consider = [&](TimeoutKind kind, Clock::time_point from) {
    const auto limit = limit_of(request_->timeouts, kind);
    if (limit.count() <= 0) return;
    const auto when = later(from, limit);
    if (when < first.when) first = {when, kind};
  };
  consider(TimeoutKind::total, started_);
  switch (phase_) {
    case Phase::connecting:
      consider(TimeoutKind::connect, progressed_);
      break;
    case Phase::waiting:
      consider(TimeoutKind::first_byte, progressed_);
      break;
    case Phase::sending:
    case Phase::answering:
      consider(TimeoutKind::idle, progressed_);
      break;
  }
  const MinimumSpeed& speed = request_->min_speed;
  if (phase_ == Phase::answering && speed.bytes_per_second > 0) {
    const auto when = later(window_, speed.window);
    if (when < first.when) first = {when, TimeoutKind::speed};
  }
  return first;
}

bool Exchange::excused(TimeoutKind kind, Clock::time_point now) {
  if (kind != TimeoutKind::speed) return false;
  const auto span = std::chrono::duration<double>(request_->min_speed.window).count();
  const auto wanted = static_cast<double>(request_->min_speed.bytes_per_second) * span;
  const auto bytes = received();
  if (static_cast<double>(bytes - window_bytes_) < wanted) return false;
  window_ = now;
  window_bytes_ = bytes;
  return true;
}

// Bytes received on the wire, as far as libcurl has counted them.
std::size_t Exchange::received() const {
  curl_off_t body = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_DOWNLOAD_T, &body);
  return head_bytes_ + static_cast<std::size_t>(body);
}

bool Exchange::ratio_exceeded() const {
  const DecompressionLimit& limit = request_->decompression;
  const auto size = response_.body.size();
  if (!decoder_ || limit.ratio == 0 || size <= limit.floor) return false;
  return size / limit.ratio > body_bytes_;
}

void Exchange::enter(Phase phase) {
  phase_ = phase;
  progressed_ = Clock::now();
  window_ = progressed_;
  window_bytes_ = 0;
  if (entry && due().when < (*entry)->first) owner_.due_moved(*this);
}

bool Exchange::stop(Stopped reason) {
  stopped_ = reason;
  return false;
}

int Exchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (exchange.phase_ != Phase::sending || sent == exchange.uploaded_) return 0;
  exchange.uploaded_ = sent;
  const bool all = sent >= static_cast<curl_off_t>(exchange.request_->body.size());
  exchange.enter(all ? Phase::waiting : Phase::sending);
  return 0;
}

std::optional<HttpFailure> Exchange::stop_error() const {
  switch (stopped_) {
    case Stopped::no:
      return std::nullopt;
    case Stopped::head_limit:
      return head_limit_error(request_->max_headers, request_->url);
    case Stopped::head_count:
      return head_count_error(request_->max_header_count, request_->url);
    case Stopped::ratio:
      return ratio_error(request_->decompression.ratio, request_->url);
    case Stopped::resend:
      return resend_error(request_->url);
    case Stopped::body_limit:
      return body_limit_error(request_->max_body, request_->url);
    case Stopped::encoding:
      return encoding_error("the answer is compressed in a way that was not offered",
                            request_->url);
    case Stopped::garbled:
      return encoding_error("the answer's compressed data cannot be read", request_->url);
    case Stopped::lengths:
      return protocol_error("the answer's Content-Length fields contradict each other, or are none",
                            request_->url);
    case Stopped::switched:
      return protocol_error("the server changes to another protocol, which nobody asked for",
                            request_->url);
    case Stopped::forbidden:
      return address_error(request_->url);
    case Stopped::spoiled:
      return protocol_error("the server sends answers nobody asked for", request_->url);
  }
  return std::nullopt;
}

HttpResult Exchange::finished(CURLcode code) {
  std::optional<HttpFailure> failure;
  if (code != CURLE_OK) {
    failure = stop_error();
    // libcurl's code for a header line longer than it accepts.
    if (!failure && code == CURLE_OUT_OF_MEMORY && !head_complete_)
      failure = head_limit_error(std::min(request_->max_headers, kLongestHeadLine), request_->url);
    if (!failure) failure = transfer_error(code, detail_, progress(), request_->url);
  } else if (!head_complete_) {
    failure = head_cut_error(request_->url);
  } else if (decoder_ && !decoder_->complete()) {
    failure = body_cut_error("the answer's compressed data ends too early", request_->url);
  }
  if (failure) {
    failure = noted(std::move(*failure));
    end_run();
    return std::unexpected(std::move(*failure));
  }
  response_.reused_connection = used_pooled_connection();
  long version = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
  response_.http_version = version_number(version);
  if (response_.http_version < 20) owner_.idle_http1(socket_);
  if (decoder_) drop_coding_fields();
  HttpResponse response = std::move(response_);
  end_run();
  return response;
}

HttpFailure Exchange::timed_out(TimeoutKind kind) {
  const bool slow = kind == TimeoutKind::speed;
  const auto limit = slow ? request_->min_speed.window : limit_of(request_->timeouts, kind);
  HttpFailure failure = noted(timeout_error(kind, limit, request_->url));
  end_run();
  return failure;
}

HttpFailure Exchange::cancelled() {
  HttpFailure failure = noted(cancelled_error(request_->url));
  end_run();
  return failure;
}

Progress Exchange::progress() const {
  Progress out{.head_complete = head_complete_,
               .before_proxy = request_->proxy.has_value() && !sent_,
               .proxy_status = 0,
               .tls_verify = 0};
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &status);
  out.proxy_status = static_cast<int>(status);
  curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &out.tls_verify);
  return out;
}

HttpStage Exchange::stage() const {
  if (!sent_) return HttpStage::connecting;
  if (response_.status != 0) return HttpStage::reading;
  return phase_ == Phase::sending ? HttpStage::sending : HttpStage::waiting;
}

// After the request was sent, libcurl connects again only when a pooled connection has closed
// without a byte of answer, or a server has refused the stream.
bool Exchange::lost_with_its_connection(const HttpFailure& failure) const {
  if (stopped_ == Stopped::resend) return true;
  const bool reconnecting = failure.fault == HttpFault::connect ||
                            failure.fault == HttpFault::dns || failure.fault == HttpFault::tls;
  // Each fifth time on one handle libcurl does not connect again but reports that it cannot send. A
  // reset of an HTTP/2 connection is an error of reading, though nothing was read.
  const bool died = failure.fault == HttpFault::send || failure.fault == HttpFault::cut;
  return reconnecting || (died && used_pooled_connection());
}

// Adds what the caller must know before it repeats the request.
HttpFailure Exchange::noted(HttpFailure failure) const {
  const bool lost = sent_ && response_.status == 0 && lost_with_its_connection(failure);
  if (lost && !was_not_processed()) failure = lost_request_error(request_->url);
  if (lost && was_not_processed() && failure.fault == HttpFault::cut)
    failure = resend_error(request_->url);
  failure.reused_connection_closed = lost && was_not_processed();
  failure.stage = stage();
  failure.request_sent = sent_;
  failure.answer_began = response_.status != 0;
  if (head_complete_) failure.status = response_.status;
  note_progress(failure);
  // When the body is truncated, keep the error status: it is more useful than "ended too early".
  constexpr int kFirstErrorStatus = 400;
  if (failure.status >= kFirstErrorStatus)
    failure.error.with("status", Value::integer(failure.status));
  return failure;
}

void Exchange::end_run() {
  request_ = nullptr;
  response_ = HttpResponse();
  decoder_.reset();
  request_headers_.clear();
}

}  // namespace gvm::net
