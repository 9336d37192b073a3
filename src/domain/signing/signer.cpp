#include "signing/signer.h"

#include "signing/codes.h"
#include "signing/letters.h"

namespace gvm::signing {
namespace {

constexpr std::string_view kInputField = "signature-input";
constexpr std::string_view kSignatureField = "signature";

// The members of other labels.
Result<Dictionary> others(const Fields& fields, std::string_view name, std::string_view label,
                          BrokenFields broken) {
  const auto value = field_value(fields, name);
  if (!value) return Dictionary();
  auto dictionary = parse_dictionary(*value);
  if (!dictionary && broken == BrokenFields::drop) return Dictionary();
  if (!dictionary) return fail(dictionary.error().add_cause("in the field " + std::string(name)));
  dictionary->erase(label);
  return dictionary;
}

void append_member(std::string& out, std::string_view label, std::string_view value) {
  if (!out.empty()) out += ", ";
  out.append(label).append("=").append(value);
}

Result<std::string> with_member(const Fields& fields, std::string_view name, std::string_view label,
                                std::string_view value, BrokenFields broken) {
  auto kept = others(fields, name, label, broken);
  if (!kept) return fail(std::move(kept.error()));
  auto text = serialize(*kept);
  if (text) append_member(*text, label, value);
  return text;
}

}  // namespace

Result<SignatureFields> attach_signature(const Fields& fields, const std::string& label,
                                         const SignatureBase& base, std::string_view signature,
                                         BrokenFields broken) {
  if (label.empty() || !is_key_start(label.front()) || !all_of(label, is_key_char)) {
    return fail(codes::kSignBadParameter, Fatality::user,
                "the label is no key of a dictionary: a-z or *, then a-z, 0-9, _ - . *");
  }
  const auto bytes = serialize(Item{ByteSequence{std::string(signature)}, {}});
  if (!bytes) return fail(bytes.error());
  auto input = with_member(fields, kInputField, label, base.input, broken);
  if (!input) return fail(std::move(input.error()));
  auto signed_by = with_member(fields, kSignatureField, label, *bytes, broken);
  if (!signed_by) return fail(std::move(signed_by.error()));
  return SignatureFields{std::move(*input), std::move(*signed_by), base.text};
}

Result<SignatureFields> sign(const Message& message, const SignSpec& spec, const Key& key) {
  const auto* alg = spec.params.alg();
  if (alg != nullptr && *alg != algorithm_name(key.algorithm())) {
    return fail(
        codes::kSignBadParameter, Fatality::user,
        "alg is not the algorithm of the key, " + std::string(algorithm_name(key.algorithm())));
  }
  const auto base = signature_base(message, spec.components, spec.params, spec.types);
  if (!base) return fail(base.error());
  const auto signature = key.sign(base->text);
  if (!signature) return fail(signature.error());
  return attach_signature(message.headers, spec.label, *base, *signature, BrokenFields::refuse);
}

void set_signature_fields(Fields& fields, const SignatureFields& signature) {
  remove_field(fields, kInputField);
  remove_field(fields, kSignatureField);
  fields.push_back({std::string(kInputField), signature.input});
  fields.push_back({std::string(kSignatureField), signature.signature});
}

}  // namespace gvm::signing
