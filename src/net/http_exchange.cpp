#include "net/http_exchange.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace gvm::net {
namespace {

// An answer announced larger than this grows by doubling instead of being trusted.
constexpr std::size_t kMaxReserve = kMiB;
constexpr std::size_t kUsualHeaderCount = 16;
constexpr std::size_t kLongestHeadLine = 100 * kKiB;  // libcurl's CURL_MAX_HTTP_HEADER
// Pooled connections given up for one request because something was on them already.
constexpr int kMaxReconnects = 8;

bool accepted_encoding(std::string_view coding) {
  return coding == "gzip" || coding == "x-gzip" || coding == "deflate" || coding == "br" ||
         coding == "identity";
}

std::string_view trim(std::string_view text) {
  static constexpr std::string_view kBlank = " \t\r\n";
  const auto first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool is_plain(std::string_view url) {
  return std::ranges::none_of(url, [](unsigned char c) { return c <= ' ' || c == 0x7f; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
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

// AF_UNSPEC when `ip` is no address.
sockaddr_storage socket_address(const char* ip, int port) {
  sockaddr_storage out{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(out);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(out);
  if (inet_pton(AF_INET, ip, &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
  } else if (inet_pton(AF_INET6, ip, &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  }
  return out;
}

// A method that may be repeated without more effect (RFC 9110, 9.2.2).
bool is_idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" ||
         method == "DELETE";
}

}  // namespace

bool Exchange::wants_another_connection() {
  if (stopped_ != Stopped::spoiled || ++reconnects_ > kMaxReconnects) return false;
  begin(Phase::connecting);
  return true;
}

void Exchange::begin(Phase phase) {
  phase_ = phase;
  progressed_ = Clock::now();
  stopped_ = Stopped::no;
}

std::optional<Error> Exchange::prepare(const HttpRequest& request, Deadline deadline) {
  if (!is_token(request.method))
    return protocol_error("the request's method is no HTTP method", request.url);
  if (!is_plain(request.url)) {
    return protocol_error("the request's URL holds a space or a control character", request.url);
  }
  if (auto problem = request_headers_.build(request)) return protocol_error(*problem, request.url);
  request_ = &request;
  deadline_ = deadline;
  begin(Phase::connecting);
  started_ = progressed_;
  reconnects_ = 0;
  socket_ = CURL_SOCKET_BAD;
  opened_.clear();
  uploaded_ = 0;
  head_bytes_ = 0;
  head_complete_ = false;
  compressed_ = false;
  sent_ = false;
  announced_.reset();
  detail_[0] = '\0';
  response_ = HttpResponse();
  response_.headers.reserve(kUsualHeaderCount);
  if (curl_easy_setopt(easy_.get(), CURLOPT_URL, request.url.c_str()) != CURLE_OK) {
    return protocol_error("the request's URL is too long", request.url);
  }
  // Over TLS rather a stream on a connection being made than one more connection; ALPN soon tells
  // whether that is possible. Without TLS only the first answer would tell, and all others would
  // wait for it.
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

// On the wire, as far as libcurl has counted it.
std::size_t Exchange::received() const {
  curl_off_t body = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_SIZE_DOWNLOAD_T, &body);
  return head_bytes_ + static_cast<std::size_t>(body);
}

// `slack`: what may have come without being counted yet.
bool Exchange::ratio_exceeded(std::size_t slack) const {
  const DecompressionLimit& limit = request_->decompression;
  const auto size = response_.body.size();
  if (!compressed_ || limit.ratio == 0 || size <= limit.floor) return false;
  return size / limit.ratio > received() - head_bytes_ + slack;
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

std::size_t Exchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  const std::size_t bytes = size * count;
  return static_cast<Exchange*>(self)->header_line({data, bytes}) ? bytes : 0;
}

bool Exchange::header_line(std::string_view line) {
  if (phase_ == Phase::answering) {
    progressed_ = Clock::now();
  } else {
    enter(Phase::answering);
  }
  head_bytes_ += line.size();
  if (head_bytes_ > request_->max_headers) return stop(Stopped::head_limit);
  if (head_complete_) return true;  // a trailer, which nobody asked for
  if (line.starts_with("HTTP/")) {
    status_line(line);
  } else if (trim(line).empty()) {
    return head_done();
  } else {
    field_line(line);
    if (response_.headers.size() > request_->max_header_count) return stop(Stopped::head_count);
  }
  return true;
}

// Begins a head: after an interim answer (1xx) the one that counts.
void Exchange::status_line(std::string_view line) {
  response_.headers.clear();
  announced_.reset();
  const auto space = std::min(line.find(' '), line.size());
  response_.status = number<int>(trim(line.substr(space)).substr(0, 3)).value_or(0);
}

void Exchange::field_line(std::string_view line) {
  auto& headers = response_.headers;
  // RFC 9112, 5.2: a folded line continues the value, as if by one space.
  if ((line[0] == ' ' || line[0] == '\t') && !headers.empty()) {
    headers.back().value.append(" ").append(trim(line));
    return;
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  headers.push_back(
      {lower(trim(line.substr(0, colon))), std::string(trim(line.substr(colon + 1)))});
}

bool Exchange::head_done() {
  constexpr int kFirstFinalStatus = 200;
  if (response_.status < kFirstFinalStatus) return true;
  head_complete_ = true;
  if (request_->method == "HEAD") return true;
  for (const auto& [name, value] : response_.headers) {
    // One coding, and one that was offered: stacked ones multiply what a small answer can cost.
    if (name == "content-encoding") {
      if (!accepted_encoding(lower(value))) return stop(Stopped::encoding);
      compressed_ = true;
    }
    if (name == "content-length" && !announce(value)) return stop(Stopped::lengths);
  }
  if (announced_.value_or(0) > request_->max_body) return stop(Stopped::body_limit);
  return true;
}

// RFC 9112, 6.3: an answer whose lengths contradict each other, or are none, cannot be trusted to
// end where it says.
bool Exchange::announce(std::string_view value) {
  const auto length = number<std::size_t>(value);
  if (!length || (announced_ && *announced_ != *length)) return false;
  announced_ = length;
  return true;
}

std::size_t Exchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto& exchange = *static_cast<Exchange*>(self);
  auto& body = exchange.response_.body;
  const std::size_t bytes = size * count;
  exchange.progressed_ = Clock::now();
  if (bytes > exchange.request_->max_body - body.size()) {
    exchange.stop(Stopped::body_limit);
    return 0;
  }
  if (body.empty())
    body.reserve(std::min(std::max(exchange.announced_.value_or(0), bytes), kMaxReserve));
  body.append(data, bytes);
  if (exchange.ratio_exceeded(CURL_MAX_WRITE_SIZE)) {
    exchange.stop(Stopped::ratio);
    return 0;
  }
  return bytes;
}

int Exchange::on_progress(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t sent) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (exchange.phase_ != Phase::sending || sent == exchange.uploaded_) return 0;
  exchange.uploaded_ = sent;
  const bool all = sent >= static_cast<curl_off_t>(exchange.request_->body.size());
  exchange.enter(all ? Phase::waiting : Phase::sending);
  return 0;
}

// Before the request goes out, on fresh and pooled connections alike. An address filter at opening
// alone is bypassed by reuse, so it is asked here too.
int Exchange::on_connected(void* self, char* remote_ip, char*, int remote_port, int local_port) {
  auto& exchange = *static_cast<Exchange*>(self);
  const bool by_path = !exchange.request_->unix_socket_path.empty();
  const auto remote = socket_address(remote_ip, remote_port);
  if (!by_path && !exchange.may_dial(reinterpret_cast<const sockaddr&>(remote))) {
    exchange.stop(Stopped::forbidden);
    return CURL_PREREQFUNC_ABORT;
  }
  // A second time for one request: the pooled connection had died, and libcurl has opened another.
  if (exchange.sent_ && !exchange.may_resend()) {
    exchange.stop(Stopped::resend);
    return CURL_PREREQFUNC_ABORT;
  }
  const Route route{remote_ip, remote_port, local_port};
  if (!by_path) exchange.socket_ = exchange.owner_.connected(route, exchange.opened_);
  exchange.opened_.clear();
  if (exchange.owner_.has_unasked_input(exchange.socket_)) {
    exchange.stop(Stopped::spoiled);
    return CURL_PREREQFUNC_ABORT;
  }
  exchange.sent_ = true;
  exchange.stopped_ = Stopped::no;  // another address of the same name may have been refused
  exchange.uploaded_ = 0;
  exchange.enter(exchange.request_->body.size() > kSentAtOnce ? Phase::sending : Phase::waiting);
  return CURL_PREREQFUNC_OK;
}

curl_socket_t Exchange::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& exchange = *static_cast<Exchange*>(self);
  if (address->family != AF_UNIX && !exchange.may_dial(address->addr)) {
    exchange.stop(Stopped::forbidden);
    return CURL_SOCKET_BAD;
  }
  const int fd = ::socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                          address->protocol);
  if (fd < 0) return CURL_SOCKET_BAD;
  if (!exchange.owner_.socket_opened(fd)) {
    ::close(fd);
    return CURL_SOCKET_BAD;
  }
  exchange.opened_.push_back(fd);
  return fd;
}

int Exchange::on_resolve(void*, void*, void* self) {
  return static_cast<Exchange*>(self)->dial_.must_not_resolve() ? 1 : 0;
}

int Exchange::close_socket(void* owner, curl_socket_t fd) {
  static_cast<ExchangeOwner*>(owner)->close_socket(fd);
  return 0;
}

// A proxy's own address is judged in place of the server's, which is judged before.
bool Exchange::may_dial(const sockaddr& address) const {
  if (address_of(address) == std::nullopt) return false;
  if (request_->proxy) return owner_.proxy_address_allowed(address);
  return is_pinned(*request_, address) && owner_.address_allowed(address);
}

bool Exchange::may_resend() const {
  switch (request_->resend) {
    case Resend::always:
      return true;
    case Resend::safe_method:
      return is_idempotent(request_->method);
    case Resend::never:
      return false;
  }
  return false;
}

bool Exchange::used_pooled_connection() const {
  long opened = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_NUM_CONNECTS, &opened);
  return opened == 0;
}

std::optional<Error> Exchange::stop_error() const {
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
    case Stopped::lengths:
      return protocol_error("the answer's Content-Length fields contradict each other, or are none",
                            request_->url);
    case Stopped::forbidden:
      return address_error(request_->url);
    case Stopped::spoiled:
      return protocol_error("the server sends answers nobody asked for", request_->url);
  }
  return std::nullopt;
}

Result<HttpResponse> Exchange::finished(CURLcode code) {
  std::optional<Error> error;
  if (code != CURLE_OK) {
    error = stop_error();
    // What libcurl says of a line of the head that is longer than it takes.
    if (!error && code == CURLE_OUT_OF_MEMORY && !head_complete_)
      error = head_limit_error(std::min(request_->max_headers, kLongestHeadLine), request_->url);
    if (!error) error = transfer_error(code, detail_, progress(), request_->url);
  } else if (!head_complete_) {
    error = head_cut_error(request_->url);
  } else if (ratio_exceeded(0)) {
    error = ratio_error(request_->decompression.ratio, request_->url);
  }
  if (error) {
    error = noted(std::move(*error));
    end_run();
    return fail(std::move(*error));
  }
  response_.reused_connection = used_pooled_connection();
  long version = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
  response_.http_version = version_number(version);
  if (response_.http_version < 20) owner_.idle_http1(socket_);
  HttpResponse response = std::move(response_);
  end_run();
  return response;
}

Error Exchange::timed_out(TimeoutKind kind) {
  const bool slow = kind == TimeoutKind::speed;
  const auto limit = slow ? request_->min_speed.window : limit_of(request_->timeouts, kind);
  Error error = noted(timeout_error(kind, limit, request_->url));
  end_run();
  return error;
}

Error Exchange::cancelled() {
  Error error = noted(cancelled_error(request_->url));
  end_run();
  return error;
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

// With what the caller must know before it repeats the request.
Error Exchange::noted(Error error) const {
  note_progress(error, {.request_sent = sent_, .answer_began = response_.status != 0});
  // What went wrong for the server counts before how its words about it were cut off.
  if (head_complete_ && response_.status >= 400)
    error.with("status", Value::integer(response_.status));
  return error;
}

void Exchange::end_run() {
  request_ = nullptr;
  response_ = HttpResponse();
  request_headers_.clear();
}

}  // namespace gvm::net
