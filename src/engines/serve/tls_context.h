#pragma once
// What a port speaks TLS with: certificate, key, and which clients it takes. Checked and immutable
// once made; all lanes share it, and connections keep the one they began with.
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/secret.h"

struct ssl_ctx_st;

namespace gvm::serve {

enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

// A PEM text, and the file that errors name.
struct PemFile {
  std::string file;
  Secret text;
};

struct TlsMaterial {
  PemFile certificate;  // with the certificates between it and its authority
  PemFile key;          // without a passphrase
  PemFile client_ca;    // of who may sign the certificates of clients
  TlsVersion minimum = TlsVersion::v1_2;
  bool asks_clients = false;  // a client must show a certificate
};

class TlsContext {
 public:
  // INVALID_CONFIG names the file and what is wrong with it: no certificate or key in it, a key of
  // another certificate or behind a passphrase, a certificate that has expired or is not valid yet.
  static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  ssl_ctx_st* get() const { return context_; }
  // When the port's own certificate ends.
  std::chrono::system_clock::time_point expires() const { return expires_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) : context_(context) {}

  ssl_ctx_st* context_;
  std::chrono::system_clock::time_point expires_;
};

// The one that new connections take. Thread safe.
class TlsInUse {
 public:
  explicit TlsInUse(std::shared_ptr<const TlsContext> first) : now_(std::move(first)) {}

  std::shared_ptr<const TlsContext> get() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void set(std::shared_ptr<const TlsContext> next) {
    const std::lock_guard lock(mutex_);
    now_.swap(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsContext> now_;
};

}  // namespace gvm::serve
