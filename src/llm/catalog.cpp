#include "llm/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error_codes.h"

namespace gvm::llm {
namespace {

template <class Map>
std::string names_of(const Map& map) {
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : map) names.push_back(name);
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

Result<Catalog::Found> Catalog::find(std::string_view backend, std::string_view model) const {
  const auto at = backends.find(backend);
  if (at == backends.end()) {
    return fail(codes::kUnknownProvider, Fatality::fatal,
                fmt::format("no backend \"{}\"; there are: {}", backend, names_of(backends)));
  }
  const auto found = at->second.models.find(model);
  if (found == at->second.models.end()) {
    return fail(codes::kUnknownProvider, Fatality::fatal,
                fmt::format("backend \"{}\" has no model \"{}\"; it has: {}", backend, model,
                            names_of(at->second.models)));
  }
  return Found{&at->second, &found->second};
}

}  // namespace gvm::llm
