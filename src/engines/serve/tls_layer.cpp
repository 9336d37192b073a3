#include "serve/tls_layer.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cerrno>
#include <new>
#include <utility>

namespace gvm::serve {
namespace {

// OpenSSL's own BIO of sockets writes with write(), which raises SIGPIPE, and keeps a descriptor
// that may be another connection's by then. This one asks the socket each time.
int count_or_retry(BIO* bio, ssize_t count, int direction) {
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    BIO_set_flags(bio, direction | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(count);
}

template <class Transfer>
int transfer(BIO* bio, int direction, Transfer&& once) {
  BIO_clear_retry_flags(bio);
  auto& socket = *static_cast<Socket*>(BIO_get_data(bio));
  if (!socket.is_open()) return -1;
  for (;;) {
    const ssize_t count = once(socket.native_handle());
    if (count >= 0 || errno != EINTR) return count_or_retry(bio, count, direction);
  }
}

int send_bytes(BIO* bio, const char* bytes, int size) {
  return transfer(bio, BIO_FLAGS_WRITE, [&](int socket) {
    return ::send(socket, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
  });
}

int receive_bytes(BIO* bio, char* into, int size) {
  return transfer(bio, BIO_FLAGS_READ, [&](int socket) {
    return ::recv(socket, into, static_cast<std::size_t>(size), MSG_DONTWAIT);
  });
}

long control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

std::unique_ptr<BIO_METHOD, FreeMethod> make_method() {
  std::unique_ptr<BIO_METHOD, FreeMethod> method(
      BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "session socket"));
  if (method == nullptr || BIO_meth_set_write(method.get(), send_bytes) != 1 ||
      BIO_meth_set_read(method.get(), receive_bytes) != 1 ||
      BIO_meth_set_ctrl(method.get(), control) != 1)
    throw std::bad_alloc();
  return method;
}

BIO* bio_of(Socket& socket) {
  static const auto method = make_method();
  BIO* bio = BIO_new(method.get());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, &socket);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

TlsLayer::TlsLayer(std::shared_ptr<const TlsContext> context, Socket& socket)
    : context_(std::move(context)), tls_(SSL_new(context_->get())) {
  if (tls_ == nullptr) throw std::bad_alloc();
  BIO* bio = bio_of(socket);
  SSL_set_bio(tls_, bio, bio);  // takes it over
  SSL_set_accept_state(tls_);
}

TlsLayer::~TlsLayer() {
  SSL_free(tls_);
}

TlsLayer::Step TlsLayer::ended(int result) {
  Step step;
  switch (SSL_get_error(tls_, result)) {
    case SSL_ERROR_NONE:
      return step;
    case SSL_ERROR_WANT_READ:
      step.need = Need::reading;
      return step;
    case SSL_ERROR_WANT_WRITE:
      step.need = Need::writing;
      return step;
    case SSL_ERROR_ZERO_RETURN:
      step.closed = true;
      return step;
    default:
      step.failed = true;
      if (const char* reason = ERR_reason_error_string(ERR_peek_last_error()); reason != nullptr)
        problem_ = reason;
      ERR_clear_error();
      return step;
  }
}

TlsLayer::Step TlsLayer::handshake() {
  ERR_clear_error();
  return ended(SSL_do_handshake(tls_));
}

TlsLayer::Step TlsLayer::read(asio::mutable_buffer into) {
  ERR_clear_error();
  std::size_t count = 0;
  auto step = ended(SSL_read_ex(tls_, into.data(), into.size(), &count));
  step.count = count;
  return step;
}

TlsLayer::Step TlsLayer::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t count = 0;
  auto step = ended(SSL_write_ex(tls_, bytes.data(), bytes.size(), &count));
  step.count = count;
  return step;
}

void TlsLayer::say_goodbye() {
  ERR_clear_error();
  (void)SSL_shutdown(tls_);
  ERR_clear_error();
}

std::string TlsLayer::problem() const {
  const long verified = SSL_get_verify_result(tls_);
  if (verified != X509_V_OK)
    return std::string("the client's certificate: ") + X509_verify_cert_error_string(verified);
  return problem_.empty() ? "the peer left" : problem_;
}

}  // namespace gvm::serve
