// Reads the key `schema`: a bad schema is an error at the place in the file that is wrong.
#include "config/json_form.h"

#include <fmt/format.h>

#include <charconv>

#include "config/reader.h"

namespace gvm::config {
namespace {

const Node* step_into(const Node& node, std::string_view name) {
  if (node.kind == Node::Kind::map) {
    const auto* entry = node.find(name);
    return entry == nullptr ? nullptr : entry->value.get();
  }
  if (node.kind != Node::Kind::list) return nullptr;
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), index);
  const bool whole = error == std::errc() && end == name.data() + name.size();
  return whole && index < node.items.size() ? node.items[index].get() : nullptr;
}

// The node at a JSON pointer, as far as it leads.
const Node& node_at(const Node& root, std::string_view pointer) {
  const Node* node = &root;
  while (pointer.starts_with('/')) {
    pointer.remove_prefix(1);
    const auto name = pointer.substr(0, pointer.find('/'));
    const Node* next = step_into(*node, name);
    if (next == nullptr) break;
    node = next;
    pointer.remove_prefix(name.size());
  }
  return *node;
}

}  // namespace

void read(const Leaf& leaf, JsonForm& out) {
  Value schema = to_value(leaf.node);
  auto compiled = json_schema::Schema::compile(schema);
  if (!compiled) {
    const auto& [at, why] = compiled.error();
    return leaf.context.error(node_at(leaf.node, at).mark, leaf.path + at,
                              fmt::format("is no usable JSON Schema: {}", why));
  }
  out.schema = std::move(schema);
  out.compiled = std::move(*compiled);
}

std::string expected(const LeafRule&, const JsonForm&) {
  return "a JSON Schema (draft 2020-12) as a map";
}

}  // namespace gvm::config
