#pragma once
// Pushes a value to Lua in pieces, so that a large one does not hold the lane. Between two pieces
// the tables under construction lie on top of the stack. Lives in a userdata below them, beside
// the value: what may be left by a jump has no destructor.
#include <cstddef>
#include <vector>

#include "base/value.h"

struct lua_State;

namespace gvm::script {

class Pusher {
 public:
  // Whether there is more to push; after the last piece the value is on top of the stack. `value`
  // is the same in every call. At the top null is nil; inside of a value it is push's.
  bool push_some(lua_State* L, const Value& value);

 private:
  struct Frame {
    const Value* container;
    std::size_t next;
  };

  void open(lua_State* L, const Value& value);
  void attach(lua_State* L);
  void advance(lua_State* L);
  void close(lua_State* L);

  bool begun_ = false;
  std::size_t bytes_ = 0;  // of strings in this piece
  std::vector<Frame> open_;
};

}  // namespace gvm::script
