#include "html/selector_match.h"

#include <algorithm>
#include <cstring>

namespace gvm::html {

namespace {

constexpr std::size_t kBytesPerStep = 32;  // of attribute values looked through
constexpr std::uint64_t kHasSteps = 8;     // of each node, for one :has(): its memory, too

char fold(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equals(std::string_view a, std::string_view b, bool fold_case) {
  if (!fold_case) return a == b;
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](char x, char y) { return fold(x) == fold(y); });
}

bool contains(std::string_view text, std::string_view part, bool fold_case) {
  if (!fold_case) return memmem(text.data(), text.size(), part.data(), part.size()) != nullptr;
  std::string folded_text(text);
  std::string folded_part(part);
  std::ranges::transform(folded_text, folded_text.begin(), fold);
  std::ranges::transform(folded_part, folded_part.begin(), fold);
  return contains(folded_text, folded_part, false);
}

// Whether index is of the form step * n + offset for an n from 0 on.
bool is_nth(std::int64_t index, const Simple& simple) {
  const std::int64_t distance = index - simple.offset;
  if (simple.step == 0) return distance == 0;
  return distance % simple.step == 0 && distance / simple.step >= 0;
}

}  // namespace

struct Matcher::TypeCounts {
  std::vector<std::uint32_t> index;  // from 1, among the siblings of its name
  std::vector<std::uint32_t> count;  // of these
};

Matcher::Matcher(const Document& document, NodeId root, std::uint64_t most_steps)
    : document_(document),
      root_(root),
      most_steps_(most_steps),
      id_atom_(document.atom("id")),
      class_atom_(document.atom("class")),
      href_atom_(document.atom("href")) {}
Matcher::~Matcher() = default;

Matcher::BoundCompound Matcher::bind(const Compound& compound) {
  BoundCompound out;
  for (const Simple& simple : compound.parts) {
    BoundSimple& part = out.emplace_back();
    part.simple = &simple;
    if (simple.kind == Simple::Kind::type || simple.kind == Simple::Kind::attribute) {
      part.atom = document_.atom(simple.name);
    }
    if (simple.kind == Simple::Kind::has) {
      part.has = prepare_has(simple);
    } else {
      for (const Compound& inner : simple.inner) part.inner.push_back(bind(inner));
    }
  }
  return out;
}

std::unique_ptr<Matcher::Has> Matcher::prepare_has(const Simple& simple) {
  auto has = std::make_unique<Has>();
  const NodeId end = document_.end(root_);
  steps_ += std::uint64_t{end - root_} * kHasSteps;
  if (!within_limit()) return has;
  has->before.assign(end - root_ + 1, 0);
  has->flagged.assign(end - root_, false);
  for (const Compound& inner : simple.inner) {
    const BoundCompound bound = bind(inner);
    // Backwards, so that "a later sibling matches" goes from sibling to sibling.
    std::vector<bool> later(inner.before == Combinator::later ? end - root_ : 0, false);
    for (NodeId id = end; id-- > root_ && within_limit();) {
      const bool hit = document_.is_element(id) && matches(id, bound);
      if (!hit && later.empty()) continue;
      if (inner.before == Combinator::descendant) has->before[id - root_ + 1] = 1;
      const NodeId previous = document_.is_element(id) ? document_.previous_element(id) : kNoNode;
      const NodeId parent = document_.parent(id);
      if (inner.before == Combinator::child && parent != kNoNode && parent >= root_) {
        has->flagged[parent - root_] = true;
      }
      if (previous == kNoNode || previous < root_) continue;
      if (inner.before == Combinator::next) has->flagged[previous - root_] = true;
      if (!later.empty() && (hit || later[id - root_])) {
        later[previous - root_] = true;
        has->flagged[previous - root_] = true;
      }
    }
  }
  for (std::size_t i = 1; i < has->before.size(); ++i) has->before[i] += has->before[i - 1];
  return has;
}

bool Matcher::matches_has(NodeId id, const Has& has) const {
  const NodeId at = id - root_;
  return has.flagged[at] || has.before[document_.end(id) - root_] > has.before[at + 1];
}

bool Matcher::matches(NodeId id, const BoundCompound& compound) {
  for (const BoundSimple& part : compound) {
    if (!matches(id, part)) return false;
  }
  return true;
}

bool Matcher::matches_any(NodeId id, const std::vector<BoundCompound>& list) {
  return std::ranges::any_of(list, [&](const auto& compound) { return matches(id, compound); });
}

bool Matcher::matches(NodeId id, const BoundSimple& part) {
  ++steps_;
  const Simple& simple = *part.simple;
  switch (simple.kind) {
    case Simple::Kind::any:
      return true;
    case Simple::Kind::type:
      return document_.name_atom(id) == part.atom;
    case Simple::Kind::id:
      return document_.attribute(id, id_atom_) == simple.name;
    case Simple::Kind::class_name: {
      const auto classes = document_.attribute(id, class_atom_);
      return classes && has_word(*classes, simple.name, false);
    }
    case Simple::Kind::attribute:
      return matches_attribute(id, part);
    case Simple::Kind::root:
      return document_.parent(id) == document_.root();
    case Simple::Kind::scope:
      return id == root_ || (root_ == document_.root() && document_.parent(id) == root_);
    case Simple::Kind::empty: {
      for (NodeId at = id + 1; at < document_.end(id); ++at) {
        if (document_.type(at) != NodeType::comment) return false;
      }
      return true;
    }
    case Simple::Kind::link: {
      const Tag tag = document_.tag(id);
      return (tag == Tag::a || tag == Tag::area) && document_.attribute(id, href_atom_);
    }
    case Simple::Kind::nth_child:
      return is_nth(document_.element_index(id), simple);
    case Simple::Kind::nth_last_child:
      return is_nth(std::int64_t{document_.element_children(document_.parent(id))} -
                        document_.element_index(id) + 1,
                    simple);
    case Simple::Kind::only_child:
      return document_.element_children(document_.parent(id)) == 1;
    case Simple::Kind::nth_of_type:
      return is_nth(index_of_type(id), simple);
    case Simple::Kind::nth_last_of_type:
      return is_nth(std::int64_t{count_of_type(id)} - index_of_type(id) + 1, simple);
    case Simple::Kind::only_of_type:
      return count_of_type(id) == 1;
    case Simple::Kind::is:
      return matches_any(id, part.inner);
    case Simple::Kind::is_not:
      return !matches_any(id, part.inner);
    case Simple::Kind::has:
      return matches_has(id, *part.has);
  }
  return false;
}

bool Matcher::matches_attribute(NodeId id, const BoundSimple& part) {
  const auto value = document_.attribute(id, part.atom);
  if (!value || part.atom == kNoAtom) return false;
  const Simple& simple = *part.simple;
  const std::string_view wanted = simple.value;
  steps_ += value->size() / kBytesPerStep;
  const bool fold_case = simple.fold_case;
  switch (simple.test) {
    case Simple::Test::exists:
      return true;
    case Simple::Test::equals:
      return equals(*value, wanted, fold_case);
    case Simple::Test::word:
      return has_word(*value, wanted, fold_case);
    case Simple::Test::dash:
      return equals(value->substr(0, wanted.size()), wanted, fold_case) &&
             (value->size() == wanted.size() || (*value)[wanted.size()] == '-');
    // Selectors 4, 6.2: an empty value matches nothing.
    case Simple::Test::prefix:
      return !wanted.empty() && equals(value->substr(0, wanted.size()), wanted, fold_case);
    case Simple::Test::suffix:
      return !wanted.empty() && value->size() >= wanted.size() &&
             equals(value->substr(value->size() - wanted.size()), wanted, fold_case);
    case Simple::Test::contains:
      return !wanted.empty() && contains(*value, wanted, fold_case);
  }
  return false;
}

bool Matcher::has_word(std::string_view words, std::string_view word, bool fold_case) {
  constexpr std::string_view kSpaces = " \t\n\f\r";
  steps_ += words.size() / kBytesPerStep;
  std::size_t begin = words.find_first_not_of(kSpaces);
  while (begin != std::string_view::npos) {
    const std::size_t end = std::min(words.find_first_of(kSpaces, begin), words.size());
    if (equals(words.substr(begin, end - begin), word, fold_case)) return true;
    begin = words.find_first_not_of(kSpaces, end);
  }
  return false;
}

std::uint32_t Matcher::index_of_type(NodeId id) {
  if (types_ == nullptr) count_types();
  return types_->index[id];
}
std::uint32_t Matcher::count_of_type(NodeId id) {
  if (types_ == nullptr) count_types();
  return types_->count[id];
}

// One pass forwards for the index; one backwards carries the last index to the others.
void Matcher::count_types() {
  types_ = std::make_unique<TypeCounts>();
  types_->index.assign(document_.size(), 0);
  types_->count.assign(document_.size(), 0);
  std::unordered_map<std::uint64_t, std::uint32_t> seen;  // of parent and name
  const auto key = [this](NodeId id) {
    return std::uint64_t{document_.parent(id)} << 32U | document_.name_atom(id);
  };
  for (NodeId id = 1; id < document_.size(); ++id) {
    if (document_.is_element(id)) types_->index[id] = ++seen[key(id)];
  }
  for (NodeId id = 1; id < document_.size(); ++id) {
    if (document_.is_element(id)) types_->count[id] = seen[key(id)];
  }
  steps_ += std::uint64_t{document_.size()} * 4;
}

}  // namespace gvm::html
