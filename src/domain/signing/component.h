#pragma once
// Component identifiers and signature parameters (RFC 9421, 2 and 2.3): what a signature covers,
// and what it states about itself.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "signing/structured_field.h"

namespace gvm::signing {

struct ComponentLimits {
  static constexpr std::size_t kCovered = 128;  // components of one signature
};

// One covered component: a lower-case field name or a derived component ("@method"), with its
// parameters in the order given.
struct Component {
  std::string name;
  Parameters parameters;

  // The quoted form of Signature-Input (`"@query-param";name="Pet"`) or the same without the first
  // quotes (`@query-param;name="Pet"`, `content-type`, `example-dict;key="a"`). A name is made
  // lower case only in the second form. Error: SIGN_BAD_COMPONENT.
  static Result<Component> parse(std::string_view text);
  // Checks that it is a component: its name, and parameters that fit each other. Error:
  // SIGN_BAD_COMPONENT.
  Result<void> check() const;
  // A parameter without a value, like ;sf.
  bool flag(std::string_view parameter) const;
  // A parameter that is a string, like ;key= and ;name=.
  const std::string* text(std::string_view parameter) const;
  std::string to_string() const;  // the quoted form

  // RFC 9421, 2: two components that differ only in the order of their parameters are the same.
  friend bool operator==(const Component& a, const Component& b);
};

// Parses each text; fails on the first one that is not a component, or that occurs twice.
Result<std::vector<Component>> parse_components(const std::vector<std::string>& texts);
// SIGN_BAD_COMPONENT when an entry is not a component, occurs twice, or there are too many.
Result<void> check_components(const std::vector<Component>& components);

// Parameters keep the order in which they were set or received, because the order is signed.
class SignatureParams {
 public:
  SignatureParams& created(std::int64_t unix_seconds);
  SignatureParams& expires(std::int64_t unix_seconds);
  SignatureParams& nonce(std::string value);
  SignatureParams& alg(std::string value);
  SignatureParams& keyid(std::string value);
  SignatureParams& tag(std::string value);

  std::optional<std::int64_t> created() const { return number("created"); }
  std::optional<std::int64_t> expires() const { return number("expires"); }
  const std::string* nonce() const { return text("nonce"); }
  const std::string* alg() const { return text("alg"); }
  const std::string* keyid() const { return text("keyid"); }
  const std::string* tag() const { return text("tag"); }

  // Error: SIGN_BAD_PARAMETER when a known parameter has a wrong type. Unknown ones are kept.
  static Result<SignatureParams> of(Parameters parameters);
  const Parameters& all() const { return parameters_; }

 private:
  std::optional<std::int64_t> number(std::string_view name) const;
  const std::string* text(std::string_view name) const;

  Parameters parameters_;
};

}  // namespace gvm::signing
