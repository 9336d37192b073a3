#include "greybox/phrase.h"

namespace gvm::greybox {

namespace {

struct Values {
  std::string_view system;
  std::string_view prompt;
  const Delimiters& delimiters;

  std::optional<std::string_view> find(std::string_view name) const {
    if (name == "prompt") return prompt;
    if (name == "system") return system;
    if (name == "open") return delimiters.open;
    if (name == "close") return delimiters.close;
    return std::nullopt;
  }
};

// The configuration has checked the names.
std::string filled(const config::RuntimeTemplate& text, const Values& values) {
  return text.fill([&](std::string_view name) { return values.find(name); }).value_or("");
}

// The prompt's own system text is never lost: it may say that the answer is JSON.
std::optional<std::string> system_of(const config::GreyboxPhrasing& phrasing, const Values& values,
                                     bool has_own) {
  if (phrasing.compiled_system.empty())
    return has_own ? std::optional(std::string(values.system)) : std::nullopt;
  std::string text = filled(phrasing.compiled_system, values);
  const bool names_own = phrasing.system.find("#{system}") != std::string::npos;
  if (has_own && !names_own && !values.system.empty()) text.append("\n\n").append(values.system);
  return text;
}

}  // namespace

bool occurs_in(const Delimiters& delimiters, std::string_view text) {
  return text.find(delimiters.open) != text.npos || text.find(delimiters.close) != text.npos;
}

Phrased phrase(const config::GreyboxPhrasing& phrasing, const std::vector<std::uint32_t>& order,
               const Delimiters& delimiters, std::optional<std::string_view> system,
               std::string_view prompt) {
  const Values values{system.value_or(""), prompt, delimiters};
  Phrased out;
  out.system = system_of(phrasing, values, system.has_value());
  for (const auto at : order) {
    if (at >= phrasing.compiled_sections.size()) continue;
    if (!out.user.empty()) out.user += "\n\n";
    out.user += filled(phrasing.compiled_sections[at], values);
  }
  return out;
}

}  // namespace gvm::greybox
