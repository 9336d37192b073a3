// RFC 9421, 2.1 and 2.2: the value of one component.
#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "signing/codes.h"
#include "signing/letters.h"
#include "signing/signature_base.h"
#include "url/percent.h"

namespace gvm::signing {
namespace {

std::unexpected<Error> bad(const Component& component, std::string_view what) {
  return fail(codes::kSignBadComponent, Fatality::user,
              component.to_string() + ": " + std::string(what));
}

std::unexpected<Error> absent(const Component& component, std::string_view what) {
  return fail(
      Error(codes::kAbsentHeader, Fatality::user, component.to_string() + ": " + std::string(what))
          .with("component", Value::string(component.to_string())));
}

// Field names of the IANA registry that have a structured type.
std::optional<FieldType> registered_type(std::string_view name) {
  struct Known {
    std::string_view name;
    FieldType type;
  };
  static constexpr std::array kKnown = {
      Known{"accept-ch", FieldType::list},
      Known{"accept-query", FieldType::list},
      Known{"accept-signature", FieldType::dictionary},
      Known{"available-dictionary", FieldType::item},
      Known{"cache-status", FieldType::list},
      Known{"capsule-protocol", FieldType::item},
      Known{"cdn-cache-control", FieldType::dictionary},
      Known{"client-cert", FieldType::item},
      Known{"client-cert-chain", FieldType::list},
      Known{"content-digest", FieldType::dictionary},
      Known{"cross-origin-embedder-policy", FieldType::item},
      Known{"cross-origin-embedder-policy-report-only", FieldType::item},
      Known{"cross-origin-opener-policy", FieldType::item},
      Known{"cross-origin-opener-policy-report-only", FieldType::item},
      Known{"deprecation", FieldType::item},
      Known{"dictionary-id", FieldType::item},
      Known{"incremental", FieldType::item},
      Known{"origin-agent-cluster", FieldType::item},
      Known{"priority", FieldType::dictionary},
      Known{"proxy-status", FieldType::list},
      Known{"repr-digest", FieldType::dictionary},
      Known{"signature", FieldType::dictionary},
      Known{"signature-input", FieldType::dictionary},
      Known{"use-as-dictionary", FieldType::dictionary},
      Known{"want-content-digest", FieldType::dictionary},
      Known{"want-repr-digest", FieldType::dictionary}};
  for (const auto& known : kKnown) {
    if (known.name == name) return known.type;
  }
  return std::nullopt;
}

template <class T>
Result<std::string> serialized(const Component& component, const Result<T>& parsed) {
  if (!parsed)
    return bad(component, "the field's value is not of its type: " + parsed.error().to_string());
  auto text = serialize(*parsed);
  if (!text) return bad(component, text.error().to_string());
  return text;
}

Result<std::string> strict_value(const Component& component, std::string_view value,
                                 const FieldTypes& types) {
  const auto added = types.find(component.name);
  const auto type =
      added != types.end() ? std::optional(added->second) : registered_type(component.name);
  if (!type) return bad(component, "the structured type of this field is not known");
  if (*type == FieldType::dictionary) return serialized(component, parse_dictionary(value));
  if (*type == FieldType::list) return serialized(component, parse_list(value));
  return serialized(component, parse_item(value));
}

Result<std::string> member_value(const Component& component, std::string_view value,
                                 const std::string& key) {
  const auto dictionary = parse_dictionary(value);
  if (!dictionary)
    return bad(component, "the field is no dictionary: " + dictionary.error().to_string());
  const auto* member = dictionary->find(key);
  if (member == nullptr) return absent(component, "the field has no such member");
  return serialized(component, Result<Member>(*member));
}

// RFC 9421, 2.1.3: each line separately, as bytes.
std::string wrapped_value(const std::vector<std::string>& lines) {
  std::string value;
  for (const auto& line : lines) {
    if (!value.empty()) value += ", ";
    value += ':';
    base64_encode_to(value, line);
    value += ':';
  }
  return value;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string value = lines.front();
  for (const auto& line : std::span(lines).subspan(1)) value.append(", ").append(line);
  return value;
}

Result<std::string> field_component(const Message& message, const Component& component,
                                    const FieldTypes& types) {
  const bool trailer = component.flag("tr");
  const auto lines = field_lines(trailer ? message.trailers : message.headers, component.name);
  if (lines.empty())
    return absent(component, trailer ? "the message has no such trailer field"
                                     : "the message has no such header field");
  if (component.flag("bs")) return wrapped_value(lines);
  // RFC 9110, 5.3: cookies contain commas, so several Set-Cookie lines cannot be joined.
  if (component.name == "set-cookie" && lines.size() > 1)
    return bad(component, "several of these fields cannot be joined; cover them with ;bs");
  std::string value = joined(lines);
  if (const auto* key = component.text("key")) return member_value(component, value, *key);
  if (component.flag("sf")) return strict_value(component, value, types);
  return value;
}

// "application/x-www-form-urlencoded percent-encode set" of the URL Standard, 1.3.
constexpr url::ByteSet kFormSet = url::kUserinfoSet.with("$&+,").with("!'()~").with("%");

std::string form_decoded(std::string_view text) {
  std::string plain(text);
  for (char& c : plain) c = c == '+' ? ' ' : c;
  return to_valid_utf8(url::percent_decode(plain));
}

std::string form_encoded(std::string_view text) {
  std::string out;
  url::encode_to(out, text, kFormSet);
  return out;
}

// RFC 9421, 2.2.8: found by its encoded name, decoded as a form, and encoded again.
Result<std::string> query_param(const Message& message, const Component& component) {
  const std::string& wanted = *component.text("name");
  std::optional<std::string> found;
  std::string_view rest = std::string_view(message.target.query).substr(1);
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto pair = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    if (form_encoded(form_decoded(pair.substr(0, equals))) != wanted) continue;
    if (found) return bad(component, "the query has this parameter more than once");
    found = form_encoded(form_decoded(pair.substr(std::min(equals + 1, pair.size()))));
  }
  if (!found) return absent(component, "the query has no such parameter");
  return *found;
}

Result<std::string> derived_component(const Message& message, const Component& component) {
  const std::string& name = component.name;
  const bool request = message.kind == Message::Kind::request;
  if (name == "@status") {
    if (request) return bad(component, "a request has no status");
    if (message.status < 100 || message.status > 999) return bad(component, "it is no status");
    return std::to_string(message.status);
  }
  if (!request) return bad(component, "a response has it of its request only: add ;req");
  const Target& target = message.target;
  if (name == "@method") return message.method;
  if (name == "@target-uri") return target.uri;
  if (name == "@authority") return target.authority;
  if (name == "@scheme") return target.scheme;
  if (name == "@request-target") return target.request_target;
  if (name == "@path") return target.path;
  if (name == "@query") return target.query;
  return query_param(message, component);
}

// RFC 9421, 2.5: a line contains printable ASCII, and tabs within the value of a field.
Result<std::string> signable(const Component& component, Result<std::string> value) {
  if (!value) return value;
  const bool derived = component.name.starts_with('@');
  if (all_of(*value, [derived](char c) { return is_printable(c) || (c == '\t' && !derived); }))
    return value;
  return bad(component,
             derived ? "its value holds bytes outside of printable ASCII"
                     : "its value holds bytes outside of printable ASCII; cover it with ;bs");
}

}  // namespace

Result<std::string> component_value(const Message& message, const Component& component,
                                    const FieldTypes& types) {
  if (auto checked = component.check(); !checked) return fail(std::move(checked.error()));
  const Message* source = &message;
  if (component.flag("req")) {
    if (message.kind == Message::Kind::request)
      return bad(component, "only a response can cover its request");
    if (message.request == nullptr)
      return bad(component, "the request of this response is not known");
    source = message.request;
  }
  if (component.name.starts_with('@'))
    return signable(component, derived_component(*source, component));
  return signable(component, field_component(*source, component, types));
}

}  // namespace gvm::signing
