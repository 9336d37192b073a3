#include "html/linked_data.h"

#include <algorithm>

#include "html/visible_text.h"

namespace gvm::html {

namespace {

constexpr std::size_t kMostObjects = 20'000;
constexpr int kDeepest = 24;            // objects in objects
constexpr int kMostReferences = 4;      // from one object to the text that names it
constexpr std::size_t kMostNames = 16;  // of one field
constexpr std::size_t kLongestText = 4096;

// `@type` is a string or a list of them.
template <class F>
bool any_type(const Value& object, F&& matches) {
  const Value* type = object.find("@type");
  if (type == nullptr) return false;
  if (const auto text = type->as_string()) return matches(*text);
  const auto* list = type->as_array();
  return list != nullptr && std::ranges::any_of(*list, [&](const Value& item) {
           const auto text = item.as_string();
           return text && matches(*text);
         });
}

int rank_of(const Value& object) {
  const bool is_article = any_type(object, [](std::string_view type) {
    return type.ends_with("Article") || type.ends_with("Posting") || type == "Report" ||
           type == "Recipe" || type == "Review";
  });
  if (is_article) return 0;
  return any_type(object, [](std::string_view type) { return type.ends_with("Page"); }) ? 1 : 2;
}

}  // namespace

LinkedData::LinkedData(const Value::Array& scripts) {
  for (const Value& script : scripts) collect(script, 0);
}

void LinkedData::collect(const Value& value, int depth) {
  if (depth > kDeepest || objects_.size() >= kMostObjects) return;
  if (const auto* items = value.as_array()) {
    for (const Value& item : *items) collect(item, depth + 1);
    return;
  }
  const auto* map = value.as_map();
  if (map == nullptr) return;
  objects_.push_back({&value, rank_of(value)});
  const Value* id = map->find("@id");
  // A mere reference has nothing but its `@id`.
  if (id != nullptr && id->as_string() && map->size() > 1) by_id_.emplace(*id->as_string(), &value);
  for (const auto& entry : *map) collect(entry.second, depth + 1);
}

const Value* LinkedData::resolved(const Value& value) const {
  const Value* id = value.find("@id");
  if (id == nullptr || !id->as_string() || value.find("name") != nullptr) return &value;
  const auto found = by_id_.find(*id->as_string());
  return found == by_id_.end() ? &value : found->second;
}

std::string LinkedData::text_of(const Value& value, int depth) const {
  if (depth > kMostReferences) return {};
  if (const auto text = value.as_string()) return one_line(text->substr(0, kLongestText));
  if (const auto* items = value.as_array()) {
    std::string out;
    for (std::size_t i = 0; i < std::min(items->size(), kMostNames); ++i) {
      const std::string text = text_of((*items)[i], depth + 1);
      if (text.empty()) continue;
      if (!out.empty()) out += ", ";
      out += text;
    }
    return out;
  }
  if (value.as_map() == nullptr) return {};
  const Value& object = *resolved(value);
  const Value* name = object.find("name");
  if (name == nullptr) name = object.find("@value");
  return name == nullptr ? std::string() : text_of(*name, depth + 1);
}

std::string LinkedData::field(std::string_view name) const {
  for (int rank = 0; rank <= 2; ++rank) {
    for (const Object& object : objects_) {
      if (object.rank != rank) continue;
      const Value* value = object.value->find(name);
      if (value == nullptr) continue;
      if (std::string text = text_of(*value, 0); !text.empty()) return text;
    }
  }
  return {};
}

std::string LinkedData::name_of_type(std::string_view type) const {
  for (const Object& object : objects_) {
    if (!any_type(*object.value, [&](std::string_view found) { return found == type; })) continue;
    if (const Value* name = object.value->find("name")) {
      if (std::string text = text_of(*name, 0); !text.empty()) return text;
    }
  }
  return {};
}

}  // namespace gvm::html
