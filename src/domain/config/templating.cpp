#include "config/templating.h"

#include <fmt/format.h>

#include "config/diagnostic.h"

namespace gvm::config {

namespace {

constexpr std::string_view kOpen = "${";
constexpr std::string_view kEnvOpen = "ENV[";

const std::vector<std::string_view>& variable_names() {
  static const std::vector<std::string_view> names = {"genvmRoot", "exeDir", "genvmVersion",
                                                      "dollar", "ENV[NAME]"};
  return names;
}

// The NAME of "ENV[NAME]"; empty for anything else.
std::string_view environment_name(std::string_view variable) {
  if (!variable.starts_with(kEnvOpen) || !variable.ends_with(']')) return {};
  return variable.substr(kEnvOpen.size(), variable.size() - kEnvOpen.size() - 1);
}

std::string unknown_variable(std::string_view name) {
  auto message = fmt::format(
      "unknown variable {}, expected genvmRoot, exeDir, genvmVersion, dollar or ENV[NAME]",
      in_quotes(name));
  const auto close = nearest(name, variable_names());
  if (!close.empty()) message += fmt::format(", nearest is \"{}\"", close);
  return message;
}

std::expected<std::string, std::string> value_of(std::string_view variable,
                                                 const Environment& env) {
  if (variable == "genvmRoot") return env.genvm_root;
  if (variable == "exeDir") return env.exe_dir;
  if (variable == "genvmVersion") return env.version;
  if (variable == "dollar") return "$";
  const auto name = environment_name(variable);
  if (name.empty()) return std::unexpected(unknown_variable(variable));
  return env.get_env(std::string(name)).value_or("");
}

}  // namespace

std::expected<std::string, std::string> expand(std::string_view text, const Environment& env) {
  std::string out;
  while (true) {
    const auto open = text.find(kOpen);
    if (open == std::string_view::npos) return out.append(text);
    if (open > 0 && text[open - 1] == '$')
      return std::unexpected("\"$${\" is ambiguous, expected ${dollar} for a dollar sign");
    const auto close = text.find('}', open);
    if (close == std::string_view::npos)
      return std::unexpected("\"${\" without \"}\", expected ${NAME} or ${ENV[NAME]}");
    const auto value = value_of(text.substr(open + 2, close - open - 2), env);
    if (!value) return value;
    out.append(text.substr(0, open)).append(*value);
    text.remove_prefix(close + 1);
  }
}

std::vector<std::string> unset_variables(std::string_view text, const Environment& env) {
  std::vector<std::string> unset;
  for (auto open = text.find(kOpen); open != std::string_view::npos;
       open = text.find(kOpen, open + 2)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string name(environment_name(text.substr(open + 2, close - open - 2)));
    if (!name.empty() && env.get_env(name).value_or("").empty()) unset.push_back(name);
  }
  return unset;
}

}  // namespace gvm::config
