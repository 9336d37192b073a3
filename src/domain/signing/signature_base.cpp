#include "signing/signature_base.h"

#include "signing/codes.h"

namespace gvm::signing {

Result<SignatureBase> signature_base(const Message& message,
                                     const std::vector<Component>& components,
                                     const SignatureParams& params, const FieldTypes& types) {
  if (auto checked = check_components(components); !checked)
    return fail(std::move(checked.error()));
  SignatureBase base;
  InnerList covered;
  covered.items.reserve(components.size());
  for (const auto& component : components) {
    auto value = component_value(message, component, types);
    if (!value) return fail(std::move(value.error()));
    base.text.append(component.to_string()).append(": ").append(*value).append("\n");
    covered.items.push_back({component.name, component.parameters});
  }
  covered.parameters = params.all();
  auto input = serialize(covered);
  if (!input) {
    return fail(
        Error(codes::kSignBadParameter, Fatality::user, "a signature parameter is not valid")
            .add_cause(input.error().to_string()));
  }
  base.input = std::move(*input);
  base.text.append("\"@signature-params\": ").append(base.input);
  return base;
}

}  // namespace gvm::signing
