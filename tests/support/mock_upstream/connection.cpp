#include "support/mock_upstream/connection.h"

#include <algorithm>
#include <boost/asio/write.hpp>
#include <cctype>

namespace gvm::mock {
namespace {

namespace http = boost::beast::http;

constexpr std::uint64_t kMaxRequestBytes = 256ULL * 1024 * 1024;
constexpr std::uint32_t kMaxRequestHeadBytes = 1024 * 1024;
// Pipelined requests wait here; reading pauses until they are served.
constexpr std::size_t kMaxPending = 1024 * 1024;
constexpr microseconds kFarewellPatience{200'000};

HttpRequest request_of(http::request<http::string_body> message) {
  HttpRequest out;
  out.method = message.method_string();
  out.target = message.target();
  for (const auto& field : message) {
    std::string name(field.name_string());
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    out.headers.emplace_back(std::move(name), std::string(field.value()));
  }
  out.body = std::move(message.body());
  return out;
}

}  // namespace

Connection::Connection(ConnectionOwner& owner, tcp::socket socket, std::uint64_t number,
                       asio::ssl::context* tls)
    : owner_(owner), socket_(std::move(socket)), timer_(socket_.get_executor()), number_(number) {
  if (tls != nullptr) tls_.emplace(socket_, *tls);
  error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
}

Connection::~Connection() {
  if (work_) end_call(false);
  owner_.closed(*this);
}

void Connection::serve() {
  new_parser();
  if (!tls_) return read();
  tls_->async_handshake(asio::ssl::stream_base::server, [self = shared_from_this()](error_code ec) {
    if (ec) return self->close();
    self->read();
  });
}

void Connection::new_parser() {
  parser_.emplace();
  parser_->eager(true);
  parser_->body_limit(kMaxRequestBytes);
  parser_->header_limit(kMaxRequestHeadBytes);
  continued_ = false;
}

void Connection::read() {
  const auto done = [self = shared_from_this()](error_code ec, std::size_t size) {
    self->on_read(ec, size);
  };
  if (tls_ && !deaf_) {
    tls_->async_read_some(asio::buffer(piece_), done);
  } else {
    socket_.async_read_some(asio::buffer(piece_), done);
  }
}

void Connection::on_read(error_code ec, std::size_t size) {
  if (farewell_) return say_farewell();
  if (ec) return peer_left();
  if (deaf_) return read();
  pending_.append(piece_.data(), size);
  if (!work_) parse();
  if (!socket_.is_open()) return;
  if (pending_.size() < kMaxPending) read();
}

void Connection::parse() {
  while (!pending_.empty() && !parser_->is_done()) {
    error_code ec;
    const std::size_t used = parser_->put(asio::buffer(pending_), ec);
    pending_.erase(0, used);
    if (ec == http::error::need_more) break;
    if (ec) return close();  // for example TLS where plain HTTP is spoken
  }
  if (parser_->is_done()) return request_complete();
  if (parser_->is_header_done() && !continued_ &&
      parser_->get()[http::field::expect] == "100-continue")
    say_continue();
}

void Connection::say_continue() {
  continued_ = true;
  write("HTTP/1.1 100 Continue\r\n\r\n", nullptr);
}

void Connection::request_complete() {
  work_ = std::make_shared<const Work>(owner_.take(request_of(parser_->release()), number_));
  new_parser();
  if (work_->latency.count() == 0) return start_plan();
  in_latency_ = true;
  wait(work_->latency, &Connection::start_plan);
}

void Connection::wait(microseconds span, void (Connection::*then)()) {
  timer_.expires_after(span);
  timer_.async_wait([self = shared_from_this(), then](error_code ec) {
    if (!ec && self->socket_.is_open()) (self.get()->*then)();
  });
}

void Connection::start_plan() {
  in_latency_ = false;
  owner_.engine().produced(*work_, false);
  step_ = 0;
  trickled_ = 0;
  if (!writing_) next_step();
}

void Connection::next_step() {
  const Step& step = work_->plan.at(step_);
  switch (step.kind) {
    case Step::Kind::send:
      ++step_;
      return write(step.bytes, &Connection::next_step);
    case Step::Kind::trickle:
      return trickle();
    case Step::Kind::flood:
      return write(step.bytes, &Connection::next_step);
    case Step::Kind::stall:
      return;
    case Step::Kind::keep:
      return keep();
    case Step::Kind::close:
      end_call(true);
      return say_farewell();
    case Step::Kind::cut:
      end_call(false);
      return close();
    case Step::Kind::reset:
      end_call(false);
      return reset();
  }
}

void Connection::trickle() {
  const Step& step = work_->plan[step_];
  if (trickled_ == step.bytes.size()) {
    trickled_ = 0;
    ++step_;
    return next_step();
  }
  timer_.expires_after(step.pause);
  timer_.async_wait([self = shared_from_this()](error_code ec) {
    if (ec || !self->work_) return;
    const std::string_view bytes = self->work_->plan[self->step_].bytes;
    self->write(bytes.substr(self->trickled_++, 1), &Connection::next_step);
  });
}

// `bytes` belong to the plan, or are a literal. `then` may be null.
void Connection::write(std::string_view bytes, void (Connection::*then)()) {
  writing_ = true;
  const auto done = [self = shared_from_this(), plan = work_, then](error_code ec, std::size_t) {
    self->writing_ = false;
    if (ec) return self->peer_left();
    if (then != nullptr && self->work_) return (self.get()->*then)();
    if (then == nullptr && self->work_ && !self->in_latency_) self->next_step();
  };
  if (tls_) {
    asio::async_write(*tls_, asio::buffer(bytes), done);
  } else {
    asio::async_write(socket_, asio::buffer(bytes), done);
  }
}

void Connection::keep() {
  end_call(true);
  if (close_when_idle_) return close();
  const bool reading_paused = pending_.size() >= kMaxPending;
  if (!pending_.empty()) parse();
  if (reading_paused && socket_.is_open()) read();
}

// Over TLS the pending read must end first; its handler calls this again.
void Connection::say_farewell() {
  if (!tls_) return close();
  if (!farewell_) {
    farewell_ = true;
    wait(kFarewellPatience, &Connection::close);
    error_code ignored;
    socket_.cancel(ignored);
    return;
  }
  tls_->async_shutdown([self = shared_from_this()](error_code) { self->close(); });
}

void Connection::end_call(bool delivered) {
  if (!work_) return;
  const auto answered = delivered ? Clock::now() : Clock::time_point();
  if (work_->call) owner_.engine().records().call_ended(*work_->call, answered, {});
  work_.reset();
}

void Connection::peer_left() {
  if (work_) {
    if (in_latency_) owner_.engine().produced(*work_, true);
    if (work_->call) owner_.engine().records().call_ended(*work_->call, {}, Clock::now());
    work_.reset();
  }
  close();
}

void Connection::close() {
  error_code ignored;
  timer_.cancel();
  socket_.close(ignored);
}

void Connection::reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

bool Connection::close_if_idle() {
  // The peer may have read its answer before this side knows that it was sent.
  if (work_ && !in_latency_ && work_->plan.at(step_).kind == Step::Kind::keep)
    return close_when_idle_ = true;
  if (work_ || !parser_ || parser_->got_some() || !pending_.empty()) return false;
  close();
  return true;
}

void Connection::strike(const Fault& fault) {
  if (fault.tls != TlsFault::none) return discard_first_bytes(fault.tls);
  if (fault.strike == Strike::reset) return reset();
  if (fault.strike == Strike::cut) return close();
  deaf_ = true;
  read();
}

// Reads the client's hello; the fault is in the answer to it.
void Connection::discard_first_bytes(TlsFault fault) {
  socket_.async_read_some(asio::buffer(piece_),
                          [self = shared_from_this(), fault](error_code ec, std::size_t) {
                            if (ec) return self->close();
                            self->strike_hello(fault);
                          });
}

void Connection::strike_hello(TlsFault fault) {
  std::string_view bytes;
  switch (fault) {
    case TlsFault::reset:
      return reset();
    case TlsFault::stall:
      deaf_ = true;
      return read();
    case TlsFault::plain_text:
      bytes = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
      break;
    case TlsFault::garbage:
      bytes = "\x16\x03\x03\x40\x10 this is no server hello";
      break;
    case TlsFault::alert:
      // RFC 8446, 6: alert record, fatal, handshake_failure
      bytes = std::string_view("\x15\x03\x03\x00\x02\x02\x28", 7);
      break;
    default:
      break;
  }
  asio::async_write(socket_, asio::buffer(bytes),
                    [self = shared_from_this()](error_code, std::size_t) { self->close(); });
}

}  // namespace gvm::mock
