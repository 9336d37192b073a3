#include <openssl/evp.h>

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/keccak.h"

namespace gvm::host {

namespace {

using script::Session;

Value digest_value(const Digest256& digest) {
  return Value::bytes(std::string(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

Result<Value> evp_digest(std::string_view function, const EVP_MD* kind, Args& args) {
  const auto data = Arguments(function, args).bytes(0, "data");
  if (!data) return fail(data.error());
  Digest256 digest{};
  unsigned size = digest.size();
  if (EVP_Digest(data->data(), data->size(), digest.data(), &size, kind, nullptr) != 1) {
    return fail(codes::kInternal, Fatality::fatal, std::string(function) + ": OpenSSL failed");
  }
  return digest_value(digest);
}

Result<Value> sha2_256(Session&, Args& args) {
  return evp_digest("lib.rs.sha2_256", EVP_sha256(), args);
}

Result<Value> sha3_256(Session&, Args& args) {
  return evp_digest("lib.rs.sha3_256", EVP_sha3_256(), args);
}

Result<Value> keccak_256(Session&, Args& args) {
  const auto data = Arguments("lib.rs.keccak256", args).bytes(0, "data");
  if (!data) return fail(data.error());
  return digest_value(keccak256(*data));
}

}  // namespace

void add_hash_functions(script::HostTable& table) {
  constexpr std::string_view kSignature = "fun(data: string): string";
  table.functions.push_back({kCommonLibrary, "sha2_256", kSignature,
                             "SHA-256 (FIPS 180-4) of the bytes: 32 raw bytes.", sha2_256});
  table.functions.push_back({kCommonLibrary, "sha3_256", kSignature,
                             "SHA3-256 (FIPS 202) of the bytes: 32 raw bytes.", sha3_256});
  table.functions.push_back(
      {kCommonLibrary, "keccak256", kSignature,
       "Keccak-256 with the original padding, as Ethereum uses it: 32 raw bytes.", keccak_256});
}

}  // namespace gvm::host
