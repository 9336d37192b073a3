#include "script/name_uses.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "script/lua_function.h"

namespace gvm::script {

bool NamePath::begins_with(const NamePath& other) const {
  return module == other.module && names.size() >= other.names.size() &&
         std::ranges::equal(other.names, std::span(names).first(other.names.size()));
}

namespace {

// What is known of a value: nothing, a text, or where it came from.
struct Known {
  std::optional<std::string> text;
  std::optional<NamePath> path;

  bool is_known() const { return text || path; }
};

NamePath field_of(const NamePath& path, const std::string& name) {
  if (path.is_global() && path.names == std::vector<std::string>{"_G"}) return {"", {name}};
  NamePath field = path;
  field.names.push_back(name);
  return field;
}

bool is_global_named(const Known& value, std::string_view name) {
  return value.path && value.path->is_global() && value.path->names.size() == 1 &&
         value.path->names[0] == name;
}

// One function: its instructions in their order, with what is known of each register.
class FunctionReader {
 public:
  FunctionReader(LuaFunction function, std::vector<Known> upvalues, bool nested, NameUses& out)
      : function_(function), upvalues_(std::move(upvalues)), nested_(nested), out_(out) {}

  void read() {
    const auto first = out_.uses.size();
    const auto targets = function_.jump_targets();
    for (pc_ = 0; pc_ < function_.size(); ++pc_) {
      if (targets.contains(pc_)) forget_temporaries();
      step(function_.at(pc_));
    }
    for (auto at = first; at < out_.uses.size(); ++at) mark_tested(out_.uses[at]);
  }

 private:
  using Op = LuaInstruction::Op;

  void step(const LuaInstruction& i) {
    switch (i.op) {
      case Op::move:
        return set(i.a, registers_.at(i.b));
      case Op::constant:
        return set(i.a, {.text = function_.text(i.b), .path = {}});
      case Op::get_upvalue:
        return set(i.a, upvalues_.at(i.b));
      case Op::get_field:
        return set(i.a, read_field(table(i), key(i)));
      case Op::method:
        return read_method(i);
      case Op::set_field:
        return write_field(table(i), key(i));
      case Op::call:
        return call(i);
      case Op::test:
        return test(i);
      case Op::closure:
        return read_closure(i);
      case Op::other:
        return forget(i.a, i.a + i.writes);
    }
  }

  void set(std::size_t at, Known value) { registers_.at(at) = std::move(value); }
  void forget(std::size_t from, std::size_t to) {
    for (; from < std::min(to, registers_.size()); ++from) registers_.at(from) = {};
  }
  // The code from here on is reached in several ways: only what is assigned once is certain.
  void forget_temporaries() {
    for (std::size_t at = 0; at < registers_.size(); ++at)
      if (registers_.at(at).is_known() && !is_constant_local(at)) registers_.at(at) = {};
  }

  // Whether the register is a local variable now that is assigned once.
  bool is_constant_local(std::size_t at) {
    const auto local = function_.local_at(at, pc_);
    if (!local) return false;
    const auto known = constant_.find(*local);
    if (known != constant_.end()) return known->second;
    return constant_.emplace(*local, function_.is_constant(*local)).first->second;
  }

  const Known& table(const LuaInstruction& i) const {
    return i.table_is_upvalue ? upvalues_.at(i.table) : registers_.at(i.table);
  }
  std::optional<std::string> key(const LuaInstruction& i) const {
    return i.key_is_constant ? function_.text(i.key) : registers_.at(i.key).text;
  }

  void note(NameUse::Kind kind, NamePath path) {
    out_.uses.push_back({kind, std::move(path), function_.line(pc_), nested_});
  }

  Known read_field(const Known& table, const std::optional<std::string>& name) {
    if (!table.path || !name) return {};
    NamePath field = field_of(*table.path, *name);
    note(NameUse::Kind::read, field);
    return {.text = {}, .path = std::move(field)};
  }

  void read_method(const LuaInstruction& i) {
    const Known object = registers_.at(i.table);
    set(i.a, read_field(object, key(i)));
    set(i.a + 1, object);
  }

  void write_field(const Known& table, const std::optional<std::string>& name) {
    if (!name) return;
    if (table.path) return note(NameUse::Kind::write, field_of(*table.path, *name));
    if (name->starts_with("__")) note(NameUse::Kind::field, {"", {*name}});
  }

  void call(const LuaInstruction& i) {
    Known result;
    const Known& argument = registers_.at(std::min<std::size_t>(i.a + 1, registers_.size() - 1));
    if (is_global_named(registers_.at(i.a), "require") && argument.text) {
      result.path = NamePath{*argument.text, {}};
      note(NameUse::Kind::require, *result.path);
    }
    if (is_global_named(registers_.at(i.a), "type")) note_tested(argument);
    forget(i.a, registers_.size());
    set(i.a, std::move(result));
  }

  void note_tested(const Known& value) {
    if (value.path) tested_.insert(*value.path);
  }
  void test(const LuaInstruction& i) {
    note_tested(registers_.at(i.b));
    if (i.key != LuaInstruction::kNone) note_tested(registers_.at(i.key));
    forget(i.a, i.a + i.writes);
  }
  void mark_tested(NameUse& use) const {
    use.tested = use.tested || std::ranges::any_of(tested_, [&](const NamePath& path) {
                   return use.path.begins_with(path);
                 });
  }

  void read_closure(const LuaInstruction& i) {
    const LuaFunction inner = function_.inner(i.b);
    std::vector<Known> captured;
    for (const auto& upvalue : inner.upvalues()) {
      if (!upvalue.of_register)
        captured.push_back(upvalues_.at(upvalue.index));
      else if (registers_.at(upvalue.index).is_known() && is_constant_local(upvalue.index))
        captured.push_back(registers_.at(upvalue.index));
      else
        captured.emplace_back();
    }
    FunctionReader(inner, std::move(captured), true, out_).read();
    set(i.a, {});
  }

  LuaFunction function_;
  std::vector<Known> upvalues_;
  bool nested_;
  NameUses& out_;
  std::size_t pc_ = 0;
  std::array<Known, LuaInstruction::kRegisters> registers_;
  std::map<LuaFunction::Local, bool> constant_;  // so far
  std::set<NamePath> tested_;
};

// "s:12: what is wrong"
void split_problem(NameUses& uses) {
  constexpr std::string_view kChunk = "s:";
  auto& text = uses.problem;
  if (!text.starts_with(kChunk)) return;
  const auto end = text.find(": ");
  std::from_chars(text.data() + kChunk.size(), text.data() + text.size(), uses.problem_line);
  if (end != text.npos) text.erase(0, end + 2);
}

}  // namespace

NameUses name_uses(std::string_view source) {
  NameUses uses;
  const LuaChunk chunk(source, "=s");
  if (!chunk.problem().empty()) {
    uses.problem = chunk.problem();
    split_problem(uses);
    return uses;
  }
  const Known globals{.text = {}, .path = NamePath{}};
  FunctionReader(chunk.main(), {globals}, false, uses).read();
  return uses;
}

}  // namespace gvm::script
