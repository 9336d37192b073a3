#include "net/test_http2_server.h"

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <stdexcept>
#include <string_view>

namespace gvm::net {

namespace {

// RFC 9113, 6 and 7.
enum Type : std::uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7
};
constexpr std::uint8_t kEndStream = 0x1;
constexpr std::uint8_t kAck = 0x1;
constexpr std::uint8_t kEndHeaders = 0x4;
constexpr std::uint32_t kRefusedStream = 7;
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kStatus200 = "\x88";  // RFC 7541, appendix A: index 8

std::string number(std::uint32_t value, int bytes) {
  std::string out;
  while (bytes-- > 0) out += static_cast<char>(value >> (8 * bytes) & 0xFF);
  return out;
}

std::string frame(Type type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
  std::string out = number(static_cast<std::uint32_t>(payload.size()), 3);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  return out + number(stream, 4) + std::string(payload);
}

std::uint32_t read_number(std::string_view bytes) {
  std::uint32_t out = 0;
  for (const char c : bytes) out = out << 8U | static_cast<unsigned char>(c);
  return out;
}

void load(SSL_CTX* context, const test::Certificate& certificate) {
  BIO* pem = BIO_new_mem_buf(certificate.pem.data(), static_cast<int>(certificate.pem.size()));
  BIO* key =
      BIO_new_mem_buf(certificate.key_pem.data(), static_cast<int>(certificate.key_pem.size()));
  X509* x509 = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
  EVP_PKEY* private_key = PEM_read_bio_PrivateKey(key, nullptr, nullptr, nullptr);
  SSL_CTX_use_certificate(context, x509);
  SSL_CTX_use_PrivateKey(context, private_key);
  X509_free(x509);
  EVP_PKEY_free(private_key);
  BIO_free(pem);
  BIO_free(key);
}

int choose_h2(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
              unsigned int offered_size, void*) {
  static constexpr unsigned char kH2[] = {2, 'h', '2'};
  unsigned char* chosen = nullptr;
  const int found = SSL_select_next_proto(&chosen, size, kH2, sizeof(kH2), offered, offered_size);
  *out = chosen;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

// One connection, from its handshake to its end, on a thread of its own.
class Http2Server::Connection {
 public:
  Connection(Http2Server& server, int fd)
      : server_(server), fd_(fd), ssl_(SSL_new(server.context_)) {
    SSL_set_fd(ssl_, fd);
  }
  ~Connection() {
    SSL_free(ssl_);
    {
      const std::lock_guard lock(server_.mutex_);
      std::erase(server_.sockets_, fd_);
    }
    ::close(fd_);
  }
  Connection(const Connection&) = delete;

  void run() {
    std::string preface;
    if (SSL_accept(ssl_) != 1 || !read(preface, kPreface.size()) || preface != kPreface) return;
    write(frame(kSettings, 0, 0, ""));
    while (serve_frame()) {
    }
    end();
  }

 private:
  bool read(std::string& out, std::size_t size) {
    out.assign(size, '\0');
    for (std::size_t got = 0; got < size;) {
      const int n = SSL_read(ssl_, out.data() + got, static_cast<int>(size - got));
      if (n <= 0) return false;
      got += static_cast<std::size_t>(n);
    }
    return true;
  }
  void write(const std::string& bytes) {
    SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
  }

  // FIN, then whatever still comes is read: closing at once would reset the connection.
  void end() const {
    ::shutdown(fd_, SHUT_WR);
    char dropped[1024];
    while (::recv(fd_, dropped, sizeof dropped, 0) > 0) {
    }
  }

  // False at the end of the connection.
  bool serve_frame() {
    constexpr std::size_t kHead = 9;
    std::string head;
    std::string payload;
    if (!read(head, kHead) || !read(payload, read_number(head.substr(0, 3)))) return false;
    const auto type = static_cast<std::uint8_t>(head[3]);
    const auto flags = static_cast<std::uint8_t>(head[4]);
    if (type == kSettings && (flags & kAck) == 0) write(frame(kSettings, kAck, 0, ""));
    if (type == kPing && (flags & kAck) == 0) write(frame(kPing, kAck, 0, payload));
    const bool ends = (type == kData || type == kHeaders) && (flags & kEndStream) != 0;
    return !ends || reply(read_number(head.substr(5)));
  }

  bool reply(std::uint32_t stream) {
    const Reply wanted = server_.script_(server_.requests_++);
    std::this_thread::sleep_for(wanted.delay);
    switch (wanted.act) {
      case Act::answer:
        write(frame(kHeaders, kEndHeaders, stream, kStatus200));
        write(frame(kData, kEndStream, stream, "served"));
        return true;
      case Act::refuse:
        write(frame(kReset, 0, stream, number(kRefusedStream, 4)));
        return true;
      case Act::go_away:
        write(frame(kGoAway, 0, 0, number(stream - 2, 4) + number(0, 4)));
        SSL_shutdown(ssl_);
        return false;
      case Act::disconnect:
        SSL_shutdown(ssl_);
        return false;
      case Act::drop:
        return false;
    }
    return false;
  }

  Http2Server& server_;
  int fd_;
  SSL* ssl_;
};

Http2Server::Http2Server(const test::Certificate& certificate, Script script)
    : context_(SSL_CTX_new(TLS_server_method())), script_(std::move(script)) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer may be gone before the answer is written
  load(context_, certificate);
  SSL_CTX_set_alpn_select_cb(context_, choose_h2, nullptr);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 8) != 0 ||
      ::getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("cannot listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { accept_all(); });
}

Http2Server::~Http2Server() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : sockets_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  connections_.clear();
  ::close(listener_);
  SSL_CTX_free(context_);
}

void Http2Server::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const std::lock_guard lock(mutex_);
    if (stopping_) return static_cast<void>(::close(fd));
    sockets_.push_back(fd);
    connections_.emplace_back([this, fd] { Connection(*this, fd).run(); });
  }
}

}  // namespace gvm::net
