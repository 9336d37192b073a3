#include "manager/variables.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "config/host_variables.h"
#include "manager/codes.h"

namespace gvm::manager {
namespace {

// IEEE 1003.1, 8.1, and lower case.
bool is_name(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
  };
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return !name.empty() && name.size() <= Variables::kMostNameBytes && letter(name.front()) &&
         std::ranges::all_of(name, [&](char c) { return letter(c) || digit(c); });
}

std::unexpected<Error> refuse(std::string why) {
  return fail(codes::kModuleVariableRefused, Fatality::user, std::move(why));
}

}  // namespace

// The value is a secret most times: no error repeats it.
Result<void> Variables::set(const std::string& name, const std::string& value) {
  if (!is_name(name)) {
    return refuse(fmt::format(
        "key: expected the name of a variable: letters, digits and _, at most {} of them",
        kMostNameBytes));
  }
  if (value.size() > kMostValueBytes || value.find('\0') != value.npos)
    return refuse(fmt::format("value: expected a text of at most {} bytes", kMostValueBytes));
  if (values_.size() >= kMost && !values_.contains(name))
    return refuse(fmt::format("key: {} variables are set, no more are kept", kMost));
  values_[name] = value;
  return {};
}

std::optional<std::string> Variables::get(const std::string& name) const {
  const auto at = values_.find(name);
  if (at == values_.end()) return std::nullopt;
  return at->second;
}

std::vector<std::string> Variables::for_a_child() const {
  std::vector<std::string> out;
  out.reserve(values_.size());
  for (const auto& [name, value] : values_)
    out.push_back(std::string(config::kHostsVariables) + name + "=" + value);
  return out;
}

}  // namespace gvm::manager
