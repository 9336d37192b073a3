#include "signing/component.h"

#include <algorithm>
#include <array>

#include "signing/codes.h"
#include "signing/letters.h"

namespace gvm::signing {
namespace {

constexpr std::array<std::string_view, 9> kDerived = {"@method", "@target-uri",     "@authority",
                                                      "@scheme", "@request-target", "@path",
                                                      "@query",  "@query-param",    "@status"};

std::unexpected<Error> bad(const Component& component, std::string_view what) {
  return fail(codes::kSignBadComponent, Fatality::user,
              component.to_string() + ": " + std::string(what));
}

Result<void> check_derived(const Component& component) {
  if (std::ranges::find(kDerived, component.name) == kDerived.end())
    return bad(component, "there is no such derived component");
  const bool named = component.name == "@query-param";
  for (const auto& [name, value] : component.parameters) {
    if (name == "req" && component.name != "@status") continue;
    if (name == "name" && named) continue;
    return bad(component, "the parameter \"" + name + "\" does not belong here");
  }
  if (named && component.text("name") == nullptr)
    return bad(component, "it needs the parameter name=\"...\"");
  if (component.parameters.find("req") != nullptr && !component.flag("req"))
    return bad(component, "req has no value");
  return {};
}

Result<void> check_field(const Component& component) {
  if (component.name.empty() ||
      !all_of(component.name, [](char c) { return is_tchar(c) && to_lower(c) == c; })) {
    return bad(component, "it is no lower-case field name");
  }
  for (const auto& [name, value] : component.parameters) {
    const bool known =
        name == "sf" || name == "key" || name == "bs" || name == "req" || name == "tr";
    if (!known) return bad(component, "there is no parameter \"" + name + "\"");
    if (name == "key" && component.text("key") == nullptr) return bad(component, "key is a string");
    if (name != "key" && !component.flag(name)) return bad(component, name + " has no value");
  }
  // RFC 9421, 2.1.3
  if (component.flag("bs") && (component.flag("sf") || component.text("key") != nullptr))
    return bad(component, "bs excludes sf and key");
  return {};
}

std::string in_quotes(std::string_view text) {
  const auto semicolon = std::min(text.find(';'), text.size());
  std::string name(text.substr(0, semicolon));
  std::ranges::transform(name, name.begin(), to_lower);
  return '"' + name + '"' + std::string(text.substr(semicolon));
}

}  // namespace

Result<Component> Component::parse(std::string_view text) {
  auto item = parse_item(text.starts_with('"') ? std::string(text) : in_quotes(text));
  auto* name = item ? std::get_if<std::string>(&item->value) : nullptr;
  if (name == nullptr) {
    auto error = Error(codes::kSignBadComponent, Fatality::user, "this is no component");
    if (!item) error.add_cause(item.error().to_string());
    return fail(std::move(error));
  }
  Component component{std::move(*name), std::move(item->parameters)};
  if (auto checked = component.check(); !checked) return fail(std::move(checked.error()));
  return component;
}

Result<void> Component::check() const {
  return name.starts_with('@') ? check_derived(*this) : check_field(*this);
}

bool Component::flag(std::string_view parameter) const {
  const auto* value = parameters.find(parameter);
  return value != nullptr && *value == BareItem(true);
}

const std::string* Component::text(std::string_view parameter) const {
  const auto* value = parameters.find(parameter);
  return value == nullptr ? nullptr : std::get_if<std::string>(value);
}

std::string Component::to_string() const {
  return serialize(Item{name, parameters}).value_or("(not serialisable)");
}

bool operator==(const Component& a, const Component& b) {
  if (a.name != b.name || a.parameters.size() != b.parameters.size()) return false;
  return std::ranges::all_of(a.parameters, [&b](const auto& entry) {
    const auto* other = b.parameters.find(entry.first);
    return other != nullptr && *other == entry.second;
  });
}

Result<std::vector<Component>> parse_components(const std::vector<std::string>& texts) {
  std::vector<Component> components;
  components.reserve(texts.size());
  for (const auto& text : texts) {
    auto component = Component::parse(text);
    if (!component) return fail(std::move(component.error()));
    components.push_back(std::move(*component));
  }
  if (auto checked = check_components(components); !checked)
    return fail(std::move(checked.error()));
  return components;
}

Result<void> check_components(const std::vector<Component>& components) {
  if (components.size() > ComponentLimits::kCovered) {
    return fail(codes::kSignBadComponent, Fatality::user,
                "more than " + std::to_string(ComponentLimits::kCovered) + " components");
  }
  for (auto at = components.begin(); at != components.end(); ++at) {
    if (auto checked = at->check(); !checked) return checked;
    if (std::find(components.begin(), at, *at) != at) return bad(*at, "it is covered twice");
  }
  return {};
}

SignatureParams& SignatureParams::created(std::int64_t unix_seconds) {
  parameters_.set("created", unix_seconds);
  return *this;
}
SignatureParams& SignatureParams::expires(std::int64_t unix_seconds) {
  parameters_.set("expires", unix_seconds);
  return *this;
}
SignatureParams& SignatureParams::nonce(std::string value) {
  parameters_.set("nonce", std::move(value));
  return *this;
}
SignatureParams& SignatureParams::alg(std::string value) {
  parameters_.set("alg", std::move(value));
  return *this;
}
SignatureParams& SignatureParams::keyid(std::string value) {
  parameters_.set("keyid", std::move(value));
  return *this;
}
SignatureParams& SignatureParams::tag(std::string value) {
  parameters_.set("tag", std::move(value));
  return *this;
}

Result<SignatureParams> SignatureParams::of(Parameters parameters) {
  for (const auto& [name, value] : parameters) {
    const bool is_number = name == "created" || name == "expires";
    const bool is_text = name == "nonce" || name == "alg" || name == "keyid" || name == "tag";
    if ((is_number && !std::holds_alternative<std::int64_t>(value)) ||
        (is_text && !std::holds_alternative<std::string>(value))) {
      return fail(codes::kSignBadParameter, Fatality::user,
                  name + (is_number ? " is not an integer" : " is not a string"));
    }
  }
  SignatureParams params;
  params.parameters_ = std::move(parameters);
  return params;
}

std::optional<std::int64_t> SignatureParams::number(std::string_view name) const {
  const auto* value = parameters_.find(name);
  if (value == nullptr) return std::nullopt;
  return std::get<std::int64_t>(*value);
}

const std::string* SignatureParams::text(std::string_view name) const {
  const auto* value = parameters_.find(name);
  return value == nullptr ? nullptr : &std::get<std::string>(*value);
}

}  // namespace gvm::signing
