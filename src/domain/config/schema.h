#pragma once
// The configuration as a table with one row per key. Validation, the proposal of the nearest known
// key and the reference page all use it. A row binds a member of a plain struct; type and default
// are those of the member.
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "config/editor_form.h"
#include "config/reader.h"

namespace gvm::config {

enum class Origin { drop_in, ours };
enum class Presence { optional, required };

struct Section;

struct Key {
  enum class Shape {
    leaf,     // one value
    section,  // a map with known keys
    named,    // a map of names chosen by the operator, each a section
    list,     // a list of sections
    inlined,  // the keys of another section stand among these
  };
  std::string_view name;
  std::string_view doc;  // one line of documentation
  Origin origin = Origin::drop_in;
  Presence presence = Presence::optional;
  Shape shape = Shape::leaf;
  LeafRule rule;
  std::string form;                  // of a leaf: what to write
  std::string default_text;          // of a leaf: as YAML; empty: none
  Value editor;                      // of a leaf: its form for editors
  bool secret = false;               // of a leaf: its value is never shown
  const Section* section = nullptr;  // unless a leaf

  std::function<void(const Leaf&, void*)> read;              // leaf
  std::function<void*(void*)> member;                        // section, inlined
  std::function<void*(void*, const std::string& name)> add;  // named, list
};

struct Section {
  std::string_view title;  // "a backend": used in "expected a key of a backend"
  std::string_view doc;
  std::vector<Key> keys;
  std::string_view shorthand;  // a text in place of the map sets this key
  bool listable = false;       // a list of names may stand for a map of names with default settings
  // Checks that concern several keys; runs after they are bound.
  std::function<void(const Node&, const std::string& path, Context&, void*)> check;

  const Key* find(std::string_view name) const;  // also searches inlined sections
  std::vector<std::string_view> names() const;
};

// Binds `node` to the struct at `target`.
void read_section(const Section& section, const Node& node, const std::string& path,
                  Context& context, void* target);

struct Row {
  std::string_view name;
  std::string_view doc;
  Origin origin = Origin::drop_in;
  Presence presence = Presence::optional;
  Format format = Format::plain;
  Range range = {};
  std::string_view unit = {};
  std::string_view shown_default =
      {};  // instead of the struct's own, where that depends on the machine
};

// Headers count as well: tokens stand in them.
template <class M>
inline constexpr bool kIsSecret =
    std::is_same_v<M, Secret> || std::is_same_v<M, std::vector<Secret>> ||
    std::is_same_v<M, std::vector<ExtraHeader>> || std::is_same_v<M, std::vector<SignerHeader>>;

template <class S>
class SectionBuilder {
 public:
  SectionBuilder(std::string_view title, std::string_view doc, S defaults = S{})
      : defaults_(std::move(defaults)) {
    section_.title = title;
    section_.doc = doc;
  }

  template <class M>
  SectionBuilder& leaf(M S::* member, const Row& row) {
    Key key = common(row, Key::Shape::leaf, nullptr);
    key.rule = {.format = row.format, .range = row.range, .unit = row.unit};
    key.form = expected(key.rule, M{});
    key.editor = editor_form(key.rule, M{});
    key.secret = kIsSecret<M>;
    key.default_text = row.shown_default;
    if (key.default_text.empty()) key.default_text = shown(key.rule, defaults_.*member);
    key.read = [member](const Leaf& leaf, void* target) {
      config::read(leaf, static_cast<S*>(target)->*member);
    };
    section_.keys.push_back(std::move(key));
    return *this;
  }

  template <class M>
  SectionBuilder& section(M S::* member, const Section& inner, const Row& row) {
    return nested(member, inner, row, Key::Shape::section);
  }
  template <class M>
  SectionBuilder& inlined(M S::* member, const Section& inner) {
    return nested(member, inner, Row{}, Key::Shape::inlined);
  }

  // Entries of the map are appended to the vector in the order of the file.
  template <class M>
  SectionBuilder& named(std::vector<M> S::* member, const Section& inner, const Row& row) {
    Key key = common(row, Key::Shape::named, &inner);
    key.add = [member](void* target, const std::string& name) -> void* {
      auto& added = (static_cast<S*>(target)->*member).emplace_back();
      added.name = name;
      return &added;
    };
    section_.keys.push_back(std::move(key));
    return *this;
  }

  // Entries of the list are appended to the vector.
  template <class M>
  SectionBuilder& list(std::vector<M> S::* member, const Section& inner, const Row& row) {
    Key key = common(row, Key::Shape::list, &inner);
    key.add = [member](void* target, const std::string&) -> void* {
      return &(static_cast<S*>(target)->*member).emplace_back();
    };
    section_.keys.push_back(std::move(key));
    return *this;
  }

  SectionBuilder& shorthand(std::string_view key) {
    section_.shorthand = key;
    return *this;
  }

  SectionBuilder& listable() {
    section_.listable = true;
    return *this;
  }

  using Check = void (*)(const Node&, const std::string& path, Context&, S&);
  SectionBuilder& check(Check run) {
    section_.check = [run](const Node& node, const std::string& path, Context& context,
                           void* target) { run(node, path, context, *static_cast<S*>(target)); };
    return *this;
  }

  Section build() { return std::move(section_); }

 private:
  static Key common(const Row& row, Key::Shape shape, const Section* inner) {
    Key key;
    key.name = row.name;
    key.doc = row.doc;
    key.origin = row.origin;
    key.presence = row.presence;
    key.shape = shape;
    key.section = inner;
    return key;
  }

  template <class M>
  SectionBuilder& nested(M S::* member, const Section& inner, const Row& row, Key::Shape shape) {
    Key key = common(row, shape, &inner);
    key.member = [member](void* target) -> void* { return &(static_cast<S*>(target)->*member); };
    section_.keys.push_back(std::move(key));
    return *this;
  }

  Section section_;
  S defaults_;
};

// The tables. Built on first use, then immutable.
const Section& common_section(ModuleKind kind);
const Section& operation_section();
const Section& signing_section();
const Section& backend_section();
const Section& prompt_templates_section();
const Section& llm_section();
const Section& web_section();
const Section& web_http_section();  // within `http` of the web module
const Section& policy_section();
const Section& browser_section();
const Section& proxy_section();
const Section& route_section();

}  // namespace gvm::config
