// Which models the pools of `greybox` consist of.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>

#include "config/diagnostic.h"
#include "config/greybox_schema.h"

namespace gvm::config {

namespace {

bool can(const ModelConfig& model, std::string_view capability) {
  if (capability == "json") return model.supports_json;
  return capability != "image" || model.supports_image;
}

const Entry* entry_in(const Node* map, std::string_view key) {
  return map == nullptr ? nullptr : map->find(key);
}
const Node* value_of(const Entry* entry) {
  return entry == nullptr ? nullptr : entry->value.get();
}

// The names in a list for a message.
std::string told(const std::vector<std::string_view>& names, std::string_view wanted) {
  constexpr std::size_t kMostNamed = 12;
  const auto shown = std::min(names.size(), kMostNamed);
  std::string text = fmt::format(
      "expected one of {}{}",
      fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
      shown < names.size() ? ", ..." : "");
  const auto close = nearest(wanted, names);
  if (!close.empty()) text += fmt::format(", nearest is \"{}\"", close);
  return text;
}

// The names that a map of the file has, or a list of names in its place.
std::vector<std::string_view> names_in(const Node* node) {
  std::vector<std::string_view> names;
  if (node == nullptr) return names;
  for (const auto& entry : node->entries) names.push_back(entry.key);
  for (const auto& item : node->items) names.push_back(item->text);
  return names;
}

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

class Pool {
 public:
  Pool(const Node& root, const Node& models, std::string path, Context& context,
       const LlmConfig& config)
      : backends_(value_of(root.find("backends"))),
        models_(models),
        path_(std::move(path)),
        context_(context),
        config_(config) {}

  std::vector<PoolModel> resolve(const std::vector<GreyboxModel>& entries, EmptyPools empty) {
    const auto before = context_.errors.size();
    for (std::size_t i = 0; i < entries.size(); ++i) add(entries[i], i);
    if (context_.errors.size() != before) return {};
    if (pool_.size() > kMostPoolModels)
      refuse(models_.mark, path_,
             fmt::format("got {} models, expected at most {}", pool_.size(), kMostPoolModels));
    if (pool_.empty()) tell_of_nothing(empty);
    return std::move(pool_);
  }

 private:
  void refuse(Mark mark, const std::string& path, std::string message) {
    context_.error(mark, path, std::move(message));
  }

  void tell_of_nothing(EmptyPools empty) {
    const std::string why = "no model of the pool can be used";
    if (empty == EmptyPools::warn) return context_.warn(models_.mark, path_, why);
    refuse(models_.mark, path_, why + ", expected at least one that can");
  }

  void add(const GreyboxModel& entry, std::size_t index) {
    const auto found = found_by(entry);
    const auto mark = index < models_.items.size() ? models_.items[index]->mark : models_.mark;
    const auto path = fmt::format("{}[{}]", path_, index);
    if (found.empty()) return explain(entry, mark, path);
    for (const auto& [backend, model] : found)
      put(backend->name, model->name, entry.weight / static_cast<double>(found.size()));
  }

  using Found = std::vector<std::pair<const BackendConfig*, const ModelConfig*>>;
  Found found_by(const GreyboxModel& entry) const {
    Found found;
    for (const auto& backend : config_.backends) {
      if (!entry.backend.empty() && backend.name != entry.backend) continue;
      for (const auto& model : backend.models) {
        const bool named =
            entry.model.empty() || model.name == entry.model || model.alias == entry.model;
        if (named && can(model, entry.capability)) found.emplace_back(&backend, &model);
      }
    }
    return found;
  }

  void put(const std::string& backend, const std::string& model, double weight) {
    const auto same = std::ranges::find_if(
        pool_, [&](const auto& each) { return each.backend == backend && each.model == model; });
    if (same != pool_.end()) same->weight += weight;
    if (same == pool_.end()) pool_.push_back({backend, model, weight});
  }

  // Why an entry names no usable model.
  void explain(const GreyboxModel& entry, Mark mark, const std::string& path) {
    if (!entry.capability.empty())
      return context_.warn(mark, path,
                           fmt::format("no model has the capability {}", entry.capability));
    const auto names = names_in(backends_);
    if (!contains(names, entry.backend))
      return refuse(mark, path + ".backend",
                    fmt::format("there is no backend {}, {}", in_quotes(entry.backend),
                                told(names, entry.backend)));
    const auto* written = value_of(entry_in(backends_, entry.backend));
    const auto models = names_in(value_of(entry_in(written, "models")));
    const bool usable = config_.find_backend(entry.backend) != nullptr;
    if (!entry.model.empty() && usable && !contains(models, entry.model))
      return refuse(mark, path + ".model",
                    fmt::format("the backend {} has no model {}, {}", in_quotes(entry.backend),
                                in_quotes(entry.model), told(models, entry.model)));
    context_.warn(mark, path, "left out of the pool: it cannot be used");
  }

  const Node* backends_;
  const Node& models_;
  std::string path_;
  Context& context_;
  const LlmConfig& config_;
  std::vector<PoolModel> pool_;
};

// Prompts of the kind need it of their models.
std::string_view needed_by(PromptKind kind) {
  switch (kind) {
    case PromptKind::json:
    case PromptKind::eq_comparative:
    case PromptKind::eq_non_comparative_validator:
      return "json";
    case PromptKind::image:
      return "image";
    case PromptKind::text:
    case PromptKind::eq_non_comparative_leader:
      break;
  }
  return "text";
}

bool has_capable(const std::vector<PoolModel>& pool, const LlmConfig& config, PromptKind kind) {
  return std::ranges::any_of(pool, [&](const PoolModel& each) {
    return can(*config.find_backend(each.backend)->find_model(each.model), needed_by(kind));
  });
}

}  // namespace

void resolve_pools(const Node& root, Context& context, LlmConfig& config, EmptyPools empty) {
  const auto* greybox = value_of(root.find("greybox"));
  if (greybox == nullptr) return;
  const auto resolve = [&](std::string_view name, GreyboxKind& kind) {
    const auto* models = value_of(entry_in(value_of(greybox->find(name)), "models"));
    if (models == nullptr || kind.models.empty()) return false;
    Pool pool(root, *models, fmt::format("greybox.{}.models", name), context, config);
    kind.pool = pool.resolve(kind.models, empty);
    return true;
  };
  resolve("all", config.greybox.all);
  for (const auto name : kPromptKinds) {
    auto& kind = config.greybox.of(name);
    const bool own = resolve(name_of(name), kind);
    if (!own) kind.pool = config.greybox.all.pool;
    if (!own || kind.pool.empty() || has_capable(kind.pool, config, name)) continue;
    context.error(
        value_of(greybox->find(name_of(name)))->find("models")->value->mark,
        fmt::format("greybox.{}.models", name_of(name)),
        fmt::format("no model of the pool has supports_{}, which this kind of prompt needs",
                    needed_by(name)));
  }
}

}  // namespace gvm::config
