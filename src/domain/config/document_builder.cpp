#include "config/document_builder.h"

#include <fmt/format.h>
#include <yaml-cpp/mark.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace gvm::config {

namespace {

Mark to_mark(const YAML::Mark& mark) {
  return {.line = mark.line + 1, .column = mark.column + 1};
}

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// yaml-cpp reports the tag "?" for plain scalars and "!" for quoted ones. Tags of the core schema
// have no effect: the configuration's schema decides the types.
bool is_ordinary(const std::string& tag) {
  static const std::set<std::string_view> kCore = {"str",  "int", "float", "bool",
                                                   "null", "map", "seq"};
  if (tag.empty() || tag == "?" || tag == "!") return true;
  return tag.starts_with(kCoreTag) && kCore.contains(std::string_view(tag).substr(kCoreTag.size()));
}

void refuse_tag(const std::string& tag, Mark mark) {
  if (is_ordinary(tag)) return;
  throw ParseStopped{mark, fmt::format("got the tag {}, expected no tags", in_quotes(tag))};
}

bool is_plain(const std::string& tag) {
  return tag != "!" && tag != std::string(kCoreTag) + "str";
}

}  // namespace

bool DocumentBuilder::expects_key() const {
  return !open_.empty() && open_.back().node->kind == Node::Kind::map && !open_.back().has_key;
}

std::string DocumentBuilder::path(std::string_view last) const {
  std::string out;
  for (std::size_t i = 0; i + 1 < open_.size(); ++i)
    if (open_[i].has_key) out += open_[i].key + ".";
  return out.append(last);
}

void DocumentBuilder::take_key(const Node& node) {
  if (node.kind != Node::Kind::scalar)
    throw ParseStopped{node.mark, "got " + describe(node) + " as a key, expected a name"};
  open_.back().has_key = true;
  open_.back().key = node.text;
  open_.back().key_mark = node.mark;
}

void DocumentBuilder::add_entry(Open& map, NodePtr value) {
  map.has_key = false;
  if (const auto* first = map.node->find(map.key)) {
    document_.diagnostics.push_back(
        {file_, map.key_mark, path(map.key),
         fmt::format("duplicate key, expected once, first on line {}", first->mark.line)});
    return;
  }
  if (value->kind == Node::Kind::null) value->mark = map.key_mark;
  map.node->weight += value->weight;
  map.node->entries.push_back({map.key, map.key_mark, std::move(value)});
}

void DocumentBuilder::add(NodePtr node) {
  if (open_.empty()) {
    if (document_.root) throw ParseStopped{node->mark, "got a second document, expected one"};
    document_.root = std::move(node);
    return;
  }
  auto& parent = open_.back();
  if (expects_key()) return take_key(*node);
  if (parent.node->kind == Node::Kind::map) return add_entry(parent, std::move(node));
  parent.node->weight += node->weight;
  parent.node->items.push_back(std::move(node));
}

void DocumentBuilder::remember(YAML::anchor_t anchor, const NodePtr& node) {
  if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
  if (++nodes_ > kMaxNodes)
    throw ParseStopped{node->mark, fmt::format("got more values, expected at most {}", kMaxNodes)};
}

void DocumentBuilder::OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) {
  auto node = std::make_shared<Node>();
  node->mark = to_mark(mark);
  remember(anchor, node);
  add(std::move(node));
}

void DocumentBuilder::OnScalar(const YAML::Mark& mark, const std::string& tag,
                               YAML::anchor_t anchor, const std::string& value) {
  auto node = std::make_shared<Node>();
  node->mark = to_mark(mark);
  refuse_tag(tag, node->mark);
  node->kind = Node::Kind::scalar;
  node->plain = is_plain(tag);
  last_quoted_.reset();
  if (!node->plain)
    last_quoted_ = {.mark = node->mark, .offset = static_cast<std::size_t>(mark.pos)};
  node->text = node->written = value;
  remember(anchor, node);
  add(std::move(node));
}

void DocumentBuilder::OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) {
  const auto found = anchors_.find(anchor);
  if (found == anchors_.end()) throw ParseStopped{to_mark(mark), "unknown alias"};
  const auto& node = found->second;
  const bool within =
      std::any_of(open_.begin(), open_.end(), [&](const Open& o) { return o.node == node; });
  if (within) throw ParseStopped{to_mark(mark), "got an alias within what it stands for"};
  nodes_ += node->weight;
  if (nodes_ > kMaxNodes)
    throw ParseStopped{
        to_mark(mark),
        fmt::format("aliases stand for too much, expected at most {} values in all", kMaxNodes)};
  // A null gets the position of its key, so it cannot be a shared node.
  add(node->kind == Node::Kind::null ? std::make_shared<Node>(*node) : node);
}

void DocumentBuilder::open(Node::Kind kind, Mark mark, YAML::anchor_t anchor) {
  auto node = std::make_shared<Node>();
  node->kind = kind;
  node->mark = mark;
  if (expects_key()) take_key(*node);
  if (open_.size() >= kMaxNesting)
    throw ParseStopped{mark,
                       fmt::format("nested too deep, expected at most {} levels", kMaxNesting)};
  remember(anchor, node);
  open_.push_back({.node = std::move(node), .has_key = false, .key = {}, .key_mark = {}});
}

void DocumentBuilder::close() {
  auto node = std::move(open_.back().node);
  open_.pop_back();
  add(std::move(node));
}

void DocumentBuilder::OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                                      YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  refuse_tag(tag, to_mark(mark));
  open(Node::Kind::list, to_mark(mark), anchor);
}

void DocumentBuilder::OnMapStart(const YAML::Mark& mark, const std::string& tag,
                                 YAML::anchor_t anchor, YAML::EmitterStyle::value) {
  refuse_tag(tag, to_mark(mark));
  open(Node::Kind::map, to_mark(mark), anchor);
}

}  // namespace gvm::config
