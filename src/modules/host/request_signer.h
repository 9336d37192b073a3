#pragma once
// Signs a request on its way out (RFC 9421): by the node's external signer in the GenLayer profile,
// or with a key of the configuration. One a session, on its lane.
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/common_config.h"
#include "host/outgoing.h"
#include "signing/genlayer.h"
#include "signing/key.h"
#include "signing/signer.h"

namespace gvm::host {

// The configuration's keys, read once. Immutable; shared by all lanes.
struct SigningKey {
  signing::Key key;
  config::SigningKeyConfig settings;
  std::vector<signing::Component> components;
};
class SigningKeys {
 public:
  // INVALID_CONFIG naming the key and what is wrong with it or its file.
  static Result<std::shared_ptr<const SigningKeys>> load(const config::SigningConfig& config);
  // The one of that name; null when there is none.
  const SigningKey* find(std::string_view name) const;
  const std::string& preferred() const { return preferred_; }

 private:
  std::map<std::string, SigningKey, std::less<>> keys_;
  std::string preferred_;
};

struct SignerLimits {
  std::chrono::milliseconds timeout{10'000};  // of one question to the external signer
};

// Who signs: what the hello said of the session.
struct SigningIdentity {
  std::string node_address;
  std::string tx_id;
  Value host_data;  // every string in it can stand in the signer's URL and headers
  signing::GenlayerProfile profile = signing::GenlayerProfile::without_scheme;
};

class RequestSigner {
 public:
  // `config` and `http` outlive it. The external signer is the operator's own, so `http` is a
  // client without an address policy.
  RequestSigner(const config::CommonConfig& config, std::shared_ptr<const SigningKeys> keys,
                net::HttpClient& http, SigningIdentity identity, SignerLimits limits = {});

  // Puts the signature's headers into `request`, which goes to `url`. `key` as in
  // Outgoing::sign_with. Errors: SIGN_URL_PATCH_FAILED, SIGN_URL_SEND_FAILED, SIGN_URL_BAD_STATUS,
  // SIGN_URL_READ_FAILED (fatal); ABSENT_HEADER (not fatal); UNKNOWN_SIGNING_KEY (fatal).
  asio::awaitable<Result<void>> sign(net::HttpRequest& request, const url::Url& url,
                                     std::string_view key, Deadline deadline);

 private:
  Result<void> sign_with_key(net::HttpRequest& request, const url::Url& url,
                             const SigningKey& key) const;
  asio::awaitable<Result<void>> sign_externally(net::HttpRequest& request, const url::Url& url,
                                                Deadline deadline);
  Result<net::HttpRequest> question(std::string base) const;
  Result<std::string> fill(const config::RuntimeTemplate& text, std::string_view what) const;

  const config::CommonConfig& config_;
  std::shared_ptr<const SigningKeys> keys_;
  net::HttpClient& http_;
  SigningIdentity identity_;
  SignerLimits limits_;
};

}  // namespace gvm::host
