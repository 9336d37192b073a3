#pragma once
// The GenLayer profile of RFC 9421: an external signer signs requests, in exactly the form that
// existing receivers expect. Two halves, with the call to the signer in between. Pure: time and
// salt are passed in.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "signing/message.h"
#include "signing/signature_base.h"

namespace gvm::signing {

struct GenlayerLimits {
  static constexpr std::size_t kSaltBytes = 32;
  static constexpr std::size_t kLongestSignature = 4096;  // bytes of a signer's answer
};

// The components that receivers of each generation expect.
enum class GenlayerProfile {
  without_scheme,  // generations A and B: "@method" "@authority" ...
  with_scheme,     // generation C: "@method" "@scheme" "@authority" ...
};

struct GenlayerContext {
  std::string node_address;  // of the hello
  std::string tx_id;         // of the hello
  std::string salt;          // kSaltBytes random bytes
  std::int64_t created = 0;  // Unix seconds
  GenlayerProfile profile = GenlayerProfile::without_scheme;
};

struct GenlayerRequest {
  SignatureBase base;  // base.text is what is POSTed to the signer
  Fields headers;      // lower case; without the signature
};

// Lower-cases the caller's headers, drops those that a caller must not set (content-length, host,
// genlayer-*, names that start with '@', and content-digest when there is a body), and adds ours.
// `body` is empty when the request has none; an empty string is a body. Errors, not fatal:
// SIGN_BAD_COMPONENT when the node address or the transaction's id cannot be put into a header.
Result<GenlayerRequest> prepare_genlayer(std::string_view method, const url::Url& url,
                                         Fields headers, std::optional<std::string_view> body,
                                         const GenlayerContext& context);

// All headers to send. Error: SIGN_URL_READ_FAILED, fatal, when `signature` is empty or too long.
Result<Fields> finish_genlayer(GenlayerRequest request, std::string_view signature);

}  // namespace gvm::signing
