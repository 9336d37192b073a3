#include <openssl/evp.h>

#include <memory>

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/keccak.h"
#include "host/piecewise.h"

namespace gvm::host {

namespace {

Value digest_value(const Digest256& digest) {
  return Value::bytes(std::string(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

// A digest of OpenSSL's.
template <const EVP_MD* (*kKind)()>
class EvpTask {
 public:
  explicit EvpTask(std::string_view) {
    ok_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), kKind(), nullptr) == 1;
  }
  bool take(std::string_view piece, bool) {
    ok_ = ok_ && EVP_DigestUpdate(context_.get(), piece.data(), piece.size()) == 1;
    return ok_;
  }
  Result<Value> finish() {
    Digest256 digest{};
    unsigned size = digest.size();
    if (!ok_ || EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) {
      return fail(codes::kInternal, Fatality::fatal, "lib.rs: OpenSSL cannot hash");
    }
    return digest_value(digest);
  }
  static std::size_t bytes() { return 0; }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_{EVP_MD_CTX_new()};
  bool ok_ = false;
};

class KeccakTask {
 public:
  explicit KeccakTask(std::string_view) {}
  bool take(std::string_view piece, bool is_last) {
    if (is_last)
      digest_ = sponge_.finish(piece, 0x01);
    else
      sponge_.absorb(piece);
    return true;
  }
  Result<Value> finish() const { return digest_value(digest_); }
  static std::size_t bytes() { return 0; }

 private:
  static_assert(kPiece % KeccakSponge::kRate == 0);
  KeccakSponge sponge_;
  Digest256 digest_{};
};

}  // namespace

void add_hash_functions(script::HostTable& table) {
  constexpr std::string_view kSignature = "fun(data: string): string";
  table.functions.push_back({kCommonLibrary, "sha2_256", kSignature,
                             "SHA-256 (FIPS 180-4) of the bytes: 32 raw bytes.",
                             piecewise<EvpTask<EVP_sha256>>("lib.rs.sha2_256", "data")});
  table.functions.push_back({kCommonLibrary, "sha3_256", kSignature,
                             "SHA3-256 (FIPS 202) of the bytes: 32 raw bytes.",
                             piecewise<EvpTask<EVP_sha3_256>>("lib.rs.sha3_256", "data")});
  table.functions.push_back(
      {kCommonLibrary, "keccak256", kSignature,
       "Keccak-256 with the original padding, as Ethereum uses it: 32 raw bytes.",
       piecewise<KeccakTask>("lib.rs.keccak256", "data")});
}

}  // namespace gvm::host
