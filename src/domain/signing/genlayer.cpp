#include "signing/genlayer.h"

#include <algorithm>
#include <stdexcept>

#include "base/encoding.h"
#include "signing/codes.h"
#include "signing/content_digest.h"
#include "signing/letters.h"
#include "signing/signer.h"

namespace gvm::signing {
namespace {

constexpr const char* kLabel = "genvm";
constexpr const char* kAlgorithm = "ES256K";  // the value that receivers expect

bool is_not_the_callers(std::string_view lower_name, bool has_body) {
  return lower_name == "content-length" || lower_name == "host" ||
         lower_name.starts_with("genlayer-") || lower_name.starts_with('@') ||
         (has_body && lower_name == "content-digest");
}

Fields callers_fields(Fields headers, bool has_body) {
  for (auto& field : headers) std::ranges::transform(field.name, field.name.begin(), to_lower);
  std::erase_if(
      headers, [has_body](const Field& field) { return is_not_the_callers(field.name, has_body); });
  return headers;
}

std::vector<Component> covered(GenlayerProfile profile, bool has_body, bool has_query) {
  std::vector<Component> components{{"@method", {}}};
  if (profile == GenlayerProfile::with_scheme) components.push_back({"@scheme", {}});
  for (const char* name :
       {"@authority", "@path", "genlayer-node-address", "genlayer-tx-id", "genlayer-salt"}) {
    components.push_back({name, {}});
  }
  if (has_body) components.push_back({"content-digest", {}});
  if (has_query) components.push_back({"@query", {}});
  return components;
}

}  // namespace

Result<GenlayerRequest> prepare_genlayer(std::string_view method, const url::Url& url,
                                         Fields headers, std::optional<std::string_view> body,
                                         const GenlayerContext& context) {
  if (context.salt.size() != GenlayerLimits::kSaltBytes)
    throw std::invalid_argument("the salt has another size");
  Message message = Message::of_request(std::string(method), url,
                                        callers_fields(std::move(headers), body.has_value()));
  auto& fields = message.headers;
  fields.push_back({"genlayer-node-address", context.node_address});
  fields.push_back({"genlayer-tx-id", context.tx_id});
  fields.push_back({"genlayer-salt", base64_encode(context.salt)});
  if (body) fields.push_back({"content-digest", content_digest(DigestAlgorithm::sha_256, *body)});
  const bool has_query = message.target.request_target.find('?') != std::string::npos;
  auto base = signature_base(message, covered(context.profile, body.has_value(), has_query),
                             SignatureParams().created(context.created).alg(kAlgorithm));
  if (!base) return fail(std::move(base.error()));
  return GenlayerRequest{std::move(*base), std::move(fields)};
}

Result<Fields> finish_genlayer(GenlayerRequest request, std::string_view signature) {
  if (signature.empty() || signature.size() > GenlayerLimits::kLongestSignature) {
    return fail(codes::kSignUrlReadFailed, Fatality::fatal,
                signature.empty() ? "the signer's answer is empty"
                                  : "the signer's answer is longer than any signature");
  }
  // The caller's own signatures are kept beside this one. Fields that cannot be parsed are dropped,
  // because they would make ours unreadable.
  const auto fields =
      attach_signature(request.headers, kLabel, request.base, signature, BrokenFields::drop);
  if (!fields) return fail(fields.error());
  set_signature_fields(request.headers, *fields);
  return std::move(request.headers);
}

}  // namespace gvm::signing
