#pragma once
// The form of a leaf for editors: a JSON Schema (draft 7, which every editor's YAML support reads).
// It accepts every value that loads, and so is weaker than the loader where JSON Schema has no
// words: ranges of durations written as texts, names that must exist, keys that exclude each other.
#include "config/reader.h"

namespace gvm::config {

// One overload per type of reader.h; the second argument only selects it. Each accepts null, as a
// key without a value counts as absent, and a text with `${...}`, which is expanded first.
Value editor_form(const LeafRule& rule, const bool&);
Value editor_form(const LeafRule& rule, const int&);
Value editor_form(const LeafRule& rule, const std::int64_t&);
Value editor_form(const LeafRule& rule, const std::uint64_t&);
Value editor_form(const LeafRule& rule, const double&);
Value editor_form(const LeafRule& rule, const Days&);
Value editor_form(const LeafRule& rule, const std::chrono::milliseconds&);
Value editor_form(const LeafRule& rule, const std::string&);
Value editor_form(const LeafRule& rule, const Secret&);
Value editor_form(const LeafRule& rule, const std::vector<std::string>&);
Value editor_form(const LeafRule& rule, const std::vector<int>&);
Value editor_form(const LeafRule& rule, const Texts&);
Value editor_form(const LeafRule& rule, const std::vector<Secret>&);
Value editor_form(const LeafRule& rule, const std::vector<ExtraHeader>&);
Value editor_form(const LeafRule& rule, const std::vector<SignerHeader>&);
Value editor_form(const LeafRule& rule, const RuntimeTemplate&);
Value editor_form(const LeafRule& rule, const log::Level&);
Value editor_form(const LeafRule& rule, const CutText&);
Value editor_form(const LeafRule& rule, const JsonForm&);
Value editor_form(const LeafRule& rule, const std::optional<Provider>&);
Value editor_form(const LeafRule& rule, const std::optional<AuthStyle>&);
template <class T>
Value editor_form(const LeafRule& rule, const std::optional<T>&) {
  return editor_form(rule, T{});
}
// Anything may stand there.
inline Value editor_form(const LeafRule&, const Value&) {
  return Value::map();
}

// A text, or what YAML reads as something else though a text is meant: 12, true.
Value any_scalar();

}  // namespace gvm::config
