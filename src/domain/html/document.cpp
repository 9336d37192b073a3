#include "html/document.h"

namespace gvm::html {

namespace {

using Names = std::unordered_map<std::string_view, Atom>;

Names known_names() {
  Names names;
  for (Atom tag = 0; tag < kFirstOwnAtom; ++tag)
    names.emplace(tag_name(static_cast<Tag>(tag)), tag);
  return names;
}

}  // namespace

Atom Document::atom(std::string_view name) const {
  static const Names kKnown = known_names();
  if (const auto known = kKnown.find(name); known != kKnown.end()) return known->second;
  const auto own = own_atoms_.find(name);
  return own == own_atoms_.end() ? kNoAtom : own->second;
}

std::string_view Document::atom_text(Atom atom) const {
  if (atom < kFirstOwnAtom) return tag_name(static_cast<Tag>(atom));
  return *names_[atom - kFirstOwnAtom];
}

std::optional<std::string_view> Document::attribute(NodeId id, Atom name) const {
  const std::size_t count = attribute_count(id);
  for (std::size_t i = 0; i < count; ++i) {
    const Attribute& candidate = attribute(id, i);
    if (candidate.name == name) return attribute_value(candidate);
  }
  return std::nullopt;
}

std::optional<url::Url> Document::resolve(std::string_view reference) const {
  auto url = url::parse(reference, base());
  if (!url) return std::nullopt;
  return std::move(*url);
}

// HTML Standard, "document base URL": the first <base> with an href.
void Document::find_base() {
  const Atom href = atom("href");
  for (NodeId id = 0; id < size(); ++id) {
    if (tag(id) != Tag::base) continue;
    const auto value = attribute(id, href);
    if (!value) continue;
    auto parsed = url::parse(*value, url());
    const bool usable = parsed && parsed->scheme() != "data" && parsed->scheme() != "javascript";
    if (usable) base_ = std::move(*parsed);
    return;
  }
}

std::string Document::text_content(NodeId id) const {
  std::string out;
  for (NodeId at = id; at < end(id); ++at) {
    if (is_text(at)) out += text(at);
  }
  return out;
}

std::size_t Document::memory_bytes() const {
  constexpr std::size_t kNameOverhead = 128;  // its string, pointer and hash node
  return sizeof(Document) + nodes_.capacity() * sizeof(Node) +
         attributes_.capacity() * sizeof(Attribute) + pool_.capacity() +
         names_.size() * kNameOverhead;
}

}  // namespace gvm::html
