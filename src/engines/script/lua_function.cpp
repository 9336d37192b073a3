#include "script/lua_function.h"

// Lua's own headers need this order.
// clang-format off
#include <lua.hpp>
#include <lobject.h>
#include <lstate.h>
#include <ldebug.h>
#include <lopcodes.h>
// clang-format on

#include <algorithm>
#include <span>

namespace gvm::script {

namespace {

using Op = LuaInstruction::Op;

std::size_t index(int number) {
  return static_cast<std::size_t>(number);
}

// Registers that an instruction with no meaning for names overwrites, from A on.
std::size_t writes_of(Instruction code) {
  switch (GET_OPCODE(code)) {
    case OP_LOADNIL:
      return index(GETARG_B(code)) + 1;
    case OP_VARARG:
      return LuaInstruction::kRegisters;
    case OP_FORPREP:
    case OP_FORLOOP:
      return 4;
    case OP_TFORPREP:
    case OP_TFORCALL:
    case OP_TFORLOOP:
      return LuaInstruction::kRegisters;
    default:
      return testAMode(GET_OPCODE(code)) != 0 ? 1 : 0;
  }
}

LuaInstruction other(Instruction code) {
  return {.op = Op::other, .a = index(GETARG_A(code)), .writes = writes_of(code)};
}

LuaInstruction plain(Op op, Instruction code, int b) {
  return {.op = op, .a = index(GETARG_A(code)), .writes = 1, .b = index(b)};
}

enum class From { register_, upvalue };
enum class Key { constant, register_ };

LuaInstruction get_field(Instruction code, From from, Key key) {
  LuaInstruction out = plain(Op::get_field, code, 0);
  out.table = index(GETARG_B(code));
  out.key = index(GETARG_C(code));
  out.table_is_upvalue = from == From::upvalue;
  out.key_is_constant = key == Key::constant;
  return out;
}

LuaInstruction set_field(Instruction code, From from, Key key) {
  LuaInstruction out;
  out.op = Op::set_field;
  out.table = index(GETARG_A(code));
  out.key = index(GETARG_B(code));
  out.table_is_upvalue = from == From::upvalue;
  out.key_is_constant = key == Key::constant;
  return out;
}

LuaInstruction test(int b, std::size_t second) {
  return {.op = Op::test, .b = index(b), .key = second};
}

LuaInstruction test_and_set(Instruction code) {
  LuaInstruction out = test(GETARG_B(code), LuaInstruction::kNone);
  out.a = index(GETARG_A(code));
  out.writes = 1;
  return out;
}

LuaInstruction of_table(Instruction code) {
  switch (GET_OPCODE(code)) {
    case OP_GETTABUP:
      return get_field(code, From::upvalue, Key::constant);
    case OP_GETFIELD:
      return get_field(code, From::register_, Key::constant);
    case OP_GETTABLE:
      return get_field(code, From::register_, Key::register_);
    case OP_SETTABUP:
      return set_field(code, From::upvalue, Key::constant);
    case OP_SETFIELD:
      return set_field(code, From::register_, Key::constant);
    case OP_SETTABLE:
      return set_field(code, From::register_, Key::register_);
    case OP_SELF: {
      const Key key = TESTARG_k(code) != 0 ? Key::constant : Key::register_;
      LuaInstruction out = get_field(code, From::register_, key);
      out.op = Op::method;
      return out;
    }
    default:
      return other(code);
  }
}

LuaInstruction of_test(Instruction code) {
  switch (GET_OPCODE(code)) {
    case OP_TEST:
    case OP_EQK:
      return test(GETARG_A(code), LuaInstruction::kNone);
    case OP_EQ:
      return test(GETARG_A(code), index(GETARG_B(code)));
    case OP_TESTSET:
      return test_and_set(code);
    case OP_NOT:
      return test_and_set(code);
    default:
      return of_table(code);
  }
}

// Where the instruction may go on but behind itself; negative: nowhere else.
int target_of(Instruction code, int next) {
  switch (GET_OPCODE(code)) {
    case OP_JMP:
      return next + GETARG_sJ(code);
    case OP_FORLOOP:
    case OP_TFORLOOP:
      return next - GETARG_Bx(code);
    case OP_FORPREP:
      return next + GETARG_Bx(code) + 1;
    case OP_TFORPREP:
      return next + GETARG_Bx(code);
    case OP_LFALSESKIP:
      return next + 1;
    default:
      return -1;
  }
}

}  // namespace

std::size_t LuaFunction::size() const {
  return index(code_->sizecode);
}

LuaInstruction LuaFunction::at(std::size_t pc) const {
  const Instruction code = std::span(code_->code, size())[pc];
  switch (GET_OPCODE(code)) {
    case OP_MOVE:
      return plain(Op::move, code, GETARG_B(code));
    case OP_LOADK:
      return plain(Op::constant, code, GETARG_Bx(code));
    case OP_GETUPVAL:
      return plain(Op::get_upvalue, code, GETARG_B(code));
    case OP_CALL:
    case OP_TAILCALL:
      return plain(Op::call, code, 0);
    case OP_CLOSURE:
      return plain(Op::closure, code, GETARG_Bx(code));
    default:
      return of_test(code);
  }
}

int LuaFunction::line(std::size_t pc) const {
  return luaG_getfuncline(code_, static_cast<int>(pc));
}

std::optional<std::string> LuaFunction::text(std::size_t constant) const {
  const TValue& value = std::span(code_->k, index(code_->sizek))[constant];
  if (!ttisstring(&value)) return std::nullopt;
  return std::string(getstr(tsvalue(&value)), tsslen(tsvalue(&value)));
}

LuaFunction LuaFunction::inner(std::size_t at) const {
  return LuaFunction(*std::span(code_->p, index(code_->sizep))[at]);
}

std::set<std::size_t> LuaFunction::jump_targets() const {
  std::set<std::size_t> targets;
  int next = 0;
  for (const Instruction code : std::span(code_->code, size())) {
    const int target = target_of(code, ++next);
    if (target >= 0) targets.insert(index(target));
  }
  return targets;
}

std::vector<LuaFunction::Upvalue> LuaFunction::upvalues() const {
  std::vector<Upvalue> out;
  for (const Upvaldesc& each : std::span(code_->upvalues, index(code_->sizeupvalues)))
    out.push_back({each.instack != 0, each.idx});
  return out;
}

bool LuaFunction::assigns_upvalue(std::size_t upvalue) const {
  for (const Instruction code : std::span(code_->code, size()))
    if (GET_OPCODE(code) == OP_SETUPVAL && index(GETARG_B(code)) == upvalue) return true;
  for (const Proto* function : std::span(code_->p, index(code_->sizep))) {
    const LuaFunction inside(*function);
    const auto captured = inside.upvalues();
    for (std::size_t i = 0; i < captured.size(); ++i)
      if (!captured[i].of_register && captured[i].index == upvalue && inside.assigns_upvalue(i))
        return true;
  }
  return false;
}

// Of the functions that are made within these instructions.
bool LuaFunction::inner_function_assigns(std::size_t at, std::size_t from, std::size_t to) const {
  for (const Instruction code : std::span(code_->code, size()).subspan(from, to - from)) {
    if (GET_OPCODE(code) != OP_CLOSURE) continue;
    const LuaFunction inside = inner(index(GETARG_Bx(code)));
    const auto captured = inside.upvalues();
    for (std::size_t i = 0; i < captured.size(); ++i)
      if (captured[i].of_register && captured[i].index == at && inside.assigns_upvalue(i))
        return true;
  }
  return false;
}

std::optional<LuaFunction::Local> LuaFunction::local_at(std::size_t at, std::size_t pc) const {
  std::size_t left = at;
  for (const LocVar& each : std::span(code_->locvars, index(code_->sizelocvars))) {
    if (index(each.startpc) > pc) break;  // they stand in the order of their declaration
    if (index(each.endpc) <= pc) continue;
    // Those that are alive lie one above the other.
    if (left == 0) return Local{at, index(each.startpc), std::min(index(each.endpc), size())};
    --left;
  }
  return std::nullopt;
}

bool LuaFunction::is_constant(const Local& local) const {
  const auto code = std::span(code_->code, size()).subspan(local.from, local.to - local.from);
  for (const Instruction each : code)
    if (testAMode(GET_OPCODE(each)) != 0 && index(GETARG_A(each)) == local.at) return false;
  return !inner_function_assigns(local.at, local.from, local.to);
}

LuaChunk::LuaChunk(std::string_view source, const char* name) : state_(luaL_newstate()) {
  if (luaL_loadbufferx(state_, source.data(), source.size(), name, "t") == LUA_OK) return;
  const char* text = lua_tostring(state_, -1);
  problem_ = text == nullptr ? "it does not compile" : text;
}

LuaChunk::~LuaChunk() {
  lua_close(state_);
}

LuaFunction LuaChunk::main() const {
  return LuaFunction(*getproto(s2v(state_->top.p - 1)));
}

}  // namespace gvm::script
