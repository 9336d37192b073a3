#pragma once
// The code of a compiled Lua function, read only: the instructions that move values and names
// around, in a form without Lua's encoding. Everything else is `other`, with what it overwrites.
#include <compare>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

struct lua_State;
struct Proto;

namespace gvm::script {

struct LuaInstruction {
  static constexpr std::size_t kRegisters = 256;
  static constexpr std::size_t kNone = kRegisters;

  enum class Op {
    move,
    constant,
    get_upvalue,
    get_field,
    method,
    set_field,
    call,
    test,
    closure,
    other
  };
  Op op = Op::other;
  std::size_t a = 0;        // the register that gets the result; of a call: the function's
  std::size_t writes = 0;   // registers from `a` on that it overwrites
  std::size_t b = 0;        // a register, or the index of a constant, an upvalue, a function
  std::size_t table = 0;    // of get_field, method and set_field
  std::size_t key = kNone;  // of these three; of test: a second register, or kNone
  bool table_is_upvalue = false;
  bool key_is_constant = true;
};

// Lives as long as its chunk.
class LuaFunction {
 public:
  explicit LuaFunction(const Proto& code) : code_(&code) {}

  std::size_t size() const;  // in instructions
  LuaInstruction at(std::size_t pc) const;
  int line(std::size_t pc) const;
  // The constant of that index, when it is a string.
  std::optional<std::string> text(std::size_t constant) const;
  LuaFunction inner(std::size_t index) const;
  // Where instructions jump to.
  std::set<std::size_t> jump_targets() const;
  // A local variable: the register `at` from one instruction to another.
  struct Local {
    std::size_t at;
    std::size_t from;
    std::size_t to;
    friend auto operator<=>(const Local&, const Local&) = default;
  };
  // Which one the register is at that instruction.
  std::optional<Local> local_at(std::size_t at, std::size_t pc) const;
  // Whether nothing assigns to it after its declaration, no function inside either. Reads all its
  // instructions: ask once.
  bool is_constant(const Local& local) const;

  struct Upvalue {
    bool of_register;  // of the function around; else one of its upvalues
    std::size_t index;
  };
  std::vector<Upvalue> upvalues() const;

 private:
  bool assigns_upvalue(std::size_t upvalue) const;
  bool inner_function_assigns(std::size_t at, std::size_t from, std::size_t to) const;

  const Proto* code_;
};

// A text of Lua, compiled and not run.
class LuaChunk {
 public:
  LuaChunk(std::string_view source, const char* name);
  ~LuaChunk();
  LuaChunk(const LuaChunk&) = delete;
  LuaChunk& operator=(const LuaChunk&) = delete;

  const std::string& problem() const { return problem_; }  // "NAME:LINE: ..." or empty
  // When there is no problem. Its only upvalue is the table of globals.
  LuaFunction main() const;

 private:
  lua_State* state_;
  std::string problem_;
};

}  // namespace gvm::script
