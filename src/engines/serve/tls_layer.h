#pragma once
// TLS over the socket of one connection, without waiting: each step says what it needs before it
// can go on. Owned by a Stream; on its lane. A read may be unfinished while a write is made.
#include <boost/asio/buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "serve/socket.h"
#include "serve/tls_context.h"

struct ssl_st;

namespace gvm::serve {

class TlsLayer {
 public:
  // `socket` outlives it.
  TlsLayer(std::shared_ptr<const TlsContext> context, Socket& socket);
  ~TlsLayer();
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  enum class Need : std::uint8_t { nothing, reading, writing };
  struct Step {
    std::size_t count = 0;      // bytes that were read or taken
    Need need = Need::nothing;  // what the socket must be ready for before the same step again
    bool failed = false;        // the connection is over
    bool closed = false;        // the peer has said so in good order; of a read
  };
  Step handshake();
  Step read(asio::mutable_buffer into);
  // At most one record, 16 KiB. After `need` the same bytes must be given again.
  Step write(std::string_view bytes);
  // Tells the peer that nothing more comes, if the socket has room for it.
  void say_goodbye();

  // Of a handshake that failed: why, in OpenSSL's words.
  std::string problem() const;

 private:
  Step ended(int result);

  std::shared_ptr<const TlsContext> context_;
  ssl_st* tls_;
  std::string problem_;
};

}  // namespace gvm::serve
