#include "host/request_signer.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "host/codes.h"
#include "host/functions.h"
#include "signing/codes.h"
#include "signing/content_digest.h"
#include "signing/genlayer.h"

namespace gvm::host {
namespace {

constexpr std::size_t kLargestKeyFile = 64 * kKiB;
constexpr std::size_t kNonceBytes = 16;
constexpr int kOk = 200;

std::int64_t unix_now() {
  using namespace std::chrono;
  return duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
}

std::string random_text(std::size_t size) {
  std::string bytes(size, '\0');
  system_random()({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  return bytes;
}

std::unexpected<Error> bad_key(const std::string& name, std::string_view detail) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              fmt::format("signing.keys.{}: {}", name, detail));
}

Result<Secret> material_of(const config::SigningKeyConfig& config) {
  if (!config.key.empty()) return config.key;
  std::ifstream file(config.key_file, std::ios::binary);
  if (!file) return bad_key(config.name, "key_file cannot be read: " + config.key_file);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kLargestKeyFile) return bad_key(config.name, "key_file is larger than 64 KiB");
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return Secret(std::move(text));
}

Result<SigningKey> load_key(const config::SigningKeyConfig& config) {
  const auto algorithm = signing::find_algorithm(config.algorithm);
  if (!algorithm) return bad_key(config.name, "unknown algorithm " + config.algorithm);
  auto material = material_of(config);
  if (!material) return fail(std::move(material).error());
  auto key = signing::Key::load(*algorithm, *material, signing::KeyUse::sign);
  if (!key) return bad_key(config.name, key.error().to_string());
  auto components = signing::parse_components(config.components);
  if (!components) return bad_key(config.name, components.error().to_string());
  SigningKey loaded{std::move(*key), config, std::move(*components)};
  loaded.settings.key = Secret();
  return loaded;
}

signing::SignatureParams params_of(const config::SigningKeyConfig& settings,
                                   signing::Algorithm algorithm) {
  const auto now = unix_now();
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(settings.expires_after);
  signing::SignatureParams params;
  for (const auto& name : settings.parameters) {
    if (name == "created") params.created(now);
    if (name == "expires") params.expires(now + lifetime.count());
    if (name == "nonce") params.nonce(base64_encode(random_text(kNonceBytes)));
    if (name == "alg") params.alg(std::string(signing::algorithm_name(algorithm)));
    if (name == "keyid") params.keyid(settings.keyid);
    if (name == "tag" && !settings.tag.empty()) params.tag(settings.tag);
  }
  return params;
}

signing::Fields fields_of(const net::HttpRequest& request) {
  signing::Fields fields;
  fields.reserve(request.headers.size());
  for (const auto& header : request.headers) fields.push_back({header.name, header.value});
  return fields;
}

void set_headers(net::HttpRequest& request, signing::Fields fields) {
  request.headers.clear();
  for (auto& field : fields)
    request.headers.push_back({std::move(field.name), std::move(field.value)});
}

// A body gets its digest, and the signature covers it.
void add_digest(net::HttpRequest& request, signing::Fields& fields, signing::SignSpec& spec,
                const std::string& algorithm) {
  if (!request.has_body || algorithm == "none") return;
  const auto kind = algorithm == "sha-512" ? signing::DigestAlgorithm::sha_512
                                           : signing::DigestAlgorithm::sha_256;
  signing::remove_field(fields, "content-digest");
  fields.push_back({"content-digest", signing::content_digest(kind, request.body)});
  const signing::Component digest{"content-digest", {}};
  if (std::ranges::find(spec.components, digest) == spec.components.end())
    spec.components.push_back(digest);
}

// The session's own profile, unless the configuration forces one.
signing::GenlayerProfile profile_for(const std::string& configured,
                                     signing::GenlayerProfile of_session) {
  if (configured == "session") return of_session;
  return configured == "c" ? signing::GenlayerProfile::with_scheme
                           : signing::GenlayerProfile::without_scheme;
}

// The operator's own URLs may hold a key: an error names the setting instead.
Error signer_error(std::string_view code, std::string detail) {
  return Error(code, Fatality::fatal, "signer_url: " + std::move(detail));
}

}  // namespace

Result<std::shared_ptr<const SigningKeys>> SigningKeys::load(const config::SigningConfig& config) {
  auto keys = std::make_shared<SigningKeys>();
  for (const auto& entry : config.keys) {
    auto key = load_key(entry);
    if (!key) return fail(std::move(key).error());
    keys->keys_.emplace(entry.name, std::move(*key));
  }
  keys->preferred_ = config.use;
  return keys;
}

const SigningKey* SigningKeys::find(std::string_view name) const {
  const auto at = keys_.find(name);
  return at == keys_.end() ? nullptr : &at->second;
}

RequestSigner::RequestSigner(const config::CommonConfig& config,
                             std::shared_ptr<const SigningKeys> keys, net::HttpClient& http,
                             SigningIdentity identity, SignerLimits limits)
    : config_(config),
      keys_(std::move(keys)),
      http_(http),
      identity_(std::move(identity)),
      limits_(limits) {}

asio::awaitable<Result<void>> RequestSigner::sign(net::HttpRequest& request, const url::Url& url,
                                                  std::string_view key, Deadline deadline) {
  const std::string_view name = key.empty() ? std::string_view(keys_->preferred()) : key;
  if (name.empty()) {
    auto signing = sign_externally(request, url, deadline);
    Result<void> signed_by_node = co_await std::move(signing);
    co_return signed_by_node;
  }
  const SigningKey* found = keys_->find(name);
  if (found == nullptr) {
    co_return fail(codes::kUnknownSigningKey, Fatality::fatal,
                   fmt::format("signing.keys has no \"{}\"", name.substr(0, 64)));
  }
  co_return sign_with_key(request, url, *found);
}

Result<void> RequestSigner::sign_with_key(net::HttpRequest& request, const url::Url& url,
                                          const SigningKey& key) const {
  signing::SignSpec spec;
  spec.label = key.settings.label;
  spec.components = key.components;
  spec.params = params_of(key.settings, key.key.algorithm());
  auto fields = fields_of(request);
  // A caller cannot add signatures of its own.
  signing::remove_field(fields, "signature");
  signing::remove_field(fields, "signature-input");
  add_digest(request, fields, spec, key.settings.content_digest);
  const auto message = signing::Message::of_request(request.method, url, fields);
  auto signature = signing::sign(message, spec, key.key);
  if (!signature) return fail(std::move(signature).error());
  signing::set_signature_fields(fields, *signature);
  set_headers(request, std::move(fields));
  return {};
}

// The names a template knows; host data that is no text is no name.
Result<std::string> RequestSigner::fill(const config::RuntimeTemplate& text,
                                        std::string_view what) const {
  const auto lookup = [this](std::string_view name) -> std::optional<std::string_view> {
    if (name == "node_address") return identity_.node_address;
    if (name == "tx_id") return identity_.tx_id;
    const Value* value = identity_.host_data.find(name);
    return value == nullptr ? std::nullopt : value->as_string();
  };
  auto filled = text.fill(lookup);
  if (filled) return std::move(*filled);
  return fail(
      codes::kSignUrlPatchFailed, Fatality::fatal,
      fmt::format("{} names \"{}\", which is no text in the host data", what, filled.error()));
}

Result<net::HttpRequest> RequestSigner::question(std::string base) const {
  net::HttpRequest request;
  request.method = "POST";
  auto address = fill(config_.signer_url, "signer_url");
  if (!address) return fail(std::move(address).error());
  auto parsed = url::parse(*address);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https"))
    return fail(signer_error(codes::kSignUrlPatchFailed, "filled in, it is no http or https URL"));
  request.url = std::string(parsed->href());
  for (const auto& header : config_.signer_headers) {
    auto value = fill(header.value, "signer_headers." + header.name);
    if (!value) return fail(std::move(value).error());
    request.secret_headers.push_back({header.name, "", Secret(std::move(*value))});
  }
  request.body = std::move(base);
  request.has_body = true;
  request.timeouts.total = limits_.timeout;
  request.max_body = signing::GenlayerLimits::kLongestSignature;
  return request;
}

asio::awaitable<Result<void>> RequestSigner::sign_externally(net::HttpRequest& request,
                                                             const url::Url& url,
                                                             Deadline deadline) {
  if (config_.signer_url.empty())
    co_return fail(signer_error(codes::kSignUrlPatchFailed, "not configured: nothing signs"));
  signing::GenlayerContext context;
  context.profile = profile_for(config_.signing.genlayer_profile, identity_.profile);
  context.node_address = identity_.node_address;
  context.tx_id = identity_.tx_id;
  context.salt = random_text(signing::GenlayerLimits::kSaltBytes);
  context.created = unix_now();
  std::optional<std::string_view> body;
  if (request.has_body) body = request.body;
  auto prepared = signing::prepare_genlayer(request.method, url, fields_of(request), body, context);
  if (!prepared) co_return fail(std::move(prepared).error());

  auto asked = question(prepared->base.text);
  if (!asked) co_return fail(std::move(asked).error());
  auto sending = http_.send(std::move(*asked), deadline);
  Result<net::HttpResponse> answer = co_await std::move(sending);
  if (!answer && answer.error().code() == codes::kCancelled)
    co_return fail(std::move(answer).error());
  if (!answer) {
    const bool reading = answer.error().code() == codes::kReadingBody;
    co_return fail(
        signer_error(reading ? codes::kSignUrlReadFailed : codes::kSignUrlSendFailed,
                     reading ? "its answer could not be read" : "the signer could not be asked"));
  }
  if (answer->status != kOk) {
    Error error = signer_error(codes::kSignUrlBadStatus,
                               fmt::format("answered {} instead of 200", answer->status));
    error.with("status", Value::integer(answer->status));
    co_return fail(std::move(error));
  }
  auto fields = signing::finish_genlayer(std::move(*prepared), answer->body);
  if (!fields) co_return fail(std::move(fields).error());
  set_headers(request, std::move(*fields));
  co_return Result<void>();
}

}  // namespace gvm::host
