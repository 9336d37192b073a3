// Structured fields that are parsed have one serialisation, which parses to the same value. Any
// message can be verified safely, and no input is accepted as signed with a key that it does not
// contain.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "signing/content_digest.h"
#include "signing/message_text.h"
#include "signing/signer.h"
#include "signing/verifier.h"

namespace {

using namespace gvm::signing;

void require(bool claim) {
  if (!claim) std::abort();
}

template <class T>
void check_round_trip(const gvm::Result<T>& read, gvm::Result<T> (*parse)(std::string_view)) {
  if (!read) return;
  const auto text = serialize(*read);
  require(text.has_value());
  const auto again = parse(*text);
  require(again && *again == *read && serialize(*again) == *text);
}

void check_field(std::string_view text) {
  check_round_trip<Dictionary>(parse_dictionary(text),
                               [](std::string_view t) { return parse_dictionary(t); });
  check_round_trip<List>(parse_list(text), [](std::string_view t) { return parse_list(t); });
  check_round_trip<Item>(parse_item(text), [](std::string_view t) { return parse_item(t); });
  (void)check_content_digest(text, "body");
  if (const auto component = Component::parse(text))
    require(Component::parse(component->to_string()) == *component);
}

const Key& key() {
  static const Key made =
      Key::load(Algorithm::hmac_sha256, gvm::Secret(std::string(64, 'a')), KeyUse::sign).value();
  return made;
}

// The input may contain any signature, but not one made with the key, which it does not know.
void check_message(std::string_view text) {
  auto message = parse_message(text, "https");
  if (!message) return;
  VerifyPolicy policy;
  policy.find_key = only_key(key());
  policy.max_age = std::chrono::seconds(300);
  policy.digest = DigestRule::required;
  require(!verify(*message, "", policy).valid());
  const auto again = parse_message(write_message(*message), "https");
  require(again && write_message(*again) == write_message(*message));
  message->body.reset();
  const auto fields =
      sign(*message, {"fuzz", {}, SignatureParams().created(policy.now), {}}, key());
  if (!fields) return;
  set_signature_fields(message->headers, *fields);
  policy.digest = DigestRule::if_covered;
  require(verify(*message, "fuzz", policy).valid());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.find('\n') == std::string_view::npos)
    check_field(input);
  else
    check_message(input);
  return 0;
}
