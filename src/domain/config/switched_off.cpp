#include "config/switched_off.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gvm::config {
namespace {

// The places of a map's entry and of everything in it. A key alone does not tell the entry: names
// may hold dots.
class Places {
 public:
  Places(const Entry& entry, std::string path) : path_(std::move(path)) {
    marks_.insert(entry.mark);
    add(*entry.value);
  }
  bool hold(const Diagnostic& fault) const {
    return fault.key.starts_with(path_) && marks_.contains(fault.mark);
  }

 private:
  void add(const Node& node) {
    marks_.insert(node.mark);
    for (const auto& item : node.items) add(*item);
    for (const auto& [key, mark, value] : node.entries) {
      marks_.insert(mark);
      add(*value);
    }
  }

  std::string path_;
  std::set<Mark> marks_;
};

const Entry* entry_of(const Node& map, std::string_view section, const std::string& name) {
  const Entry* found = map.find(section);
  return found == nullptr ? nullptr : found->value->find(name);
}

std::vector<Places> switched_off(const Node& root, const LlmConfig& config) {
  std::vector<Places> all;
  for (const auto& backend : config.backends) {
    const Entry* entry = entry_of(root, "backends", backend.name);
    if (entry == nullptr) continue;
    const std::string path = "backends." + backend.name;
    if (!backend.enabled) all.emplace_back(*entry, path);
    for (const auto& model : backend.models) {
      const Entry* inner = entry_of(*entry->value, "models", model.name);
      if (inner != nullptr && !model.enabled)
        all.emplace_back(*inner, path + ".models." + model.name);
    }
  }
  return all;
}

}  // namespace

void forgive_switched_off(const Node& root, const LlmConfig& config, std::size_t kept,
                          Context& context) {
  if (context.unknown_keys == UnknownKeys::refuse || context.errors.size() == kept) return;
  const auto places = switched_off(root, config);
  const auto forgiven = [&](const Diagnostic& fault) {
    return std::ranges::any_of(places, [&](const Places& each) { return each.hold(fault); });
  };
  std::vector<Diagnostic> left;
  for (std::size_t i = 0; i < context.errors.size(); ++i) {
    auto& fault = context.errors[i];
    if (i < kept || !forgiven(fault)) {
      left.push_back(std::move(fault));
    } else {
      context.warn(fault.mark, fault.key, fault.message + "; ignored, because it is switched off");
    }
  }
  context.errors = std::move(left);
}

}  // namespace gvm::config
