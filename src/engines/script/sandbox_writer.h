#pragma once
// A text in the making that survives a pause (Vm::pause): it lies in Lua's memory, in two slots of
// the stack. Full pieces are Lua strings already, so at the end the text is there twice at most.
#include <cstddef>
#include <string_view>

struct lua_State;

namespace gvm::script {

class TextWriter {
 public:
  static constexpr int kSlots = 2;
  // Pushes what an empty text consists of.
  static void push_new(lua_State* L);

  // What was pushed lies at `slot`, counted from the bottom, and above it.
  TextWriter(lua_State* L, int slot) : L_(L), slot_(slot) {}

  // `text` lies in Lua's memory or outlives the call. May raise Lua's memory error.
  void append(std::string_view text);
  // Pushes it as one string. Nothing may be appended afterwards.
  void push_text();

 private:
  struct Buffer;

  Buffer& buffer() const;
  Buffer& grow(std::size_t needed);
  void end_piece(Buffer& buffer);

  lua_State* L_;
  int slot_;
};

}  // namespace gvm::script
