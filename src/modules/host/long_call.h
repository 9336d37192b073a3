#pragma once
// Host functions whose work may take long and cannot be cut: done on the lane when that takes a few
// milliseconds, else on a background thread, while only the session waits; its processor time
// counts as the session's. What came of it reaches Lua in slices.
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/value.h"

struct lua_State;

namespace gvm::host {

// Nothing in it touches Lua.
class LongWork {
 public:
  virtual ~LongWork() = default;

  // little: some milliseconds; much: where the call cannot wait, some 25 ms.
  enum class Patience : std::uint8_t { little, much };
  // On the lane. Nothing when it would take longer, which is found out within that time.
  virtual std::optional<Result<Value>> attempt(Patience patience) = 0;
  // The whole work, within the limits that always hold. Runs on another thread and may outlive this
  // object and the session, so it owns what it reads.
  virtual std::function<Result<Value>()> elsewhere() const = 0;
  // What elsewhere() copies, in bytes: counts as the session's memory while it runs.
  virtual std::size_t copied_bytes() const { return 0; }
};

// Leaves in its turn: pushes the result, which lies in a userdata at `index`. Raises or pauses as
// script::Vm has it.
using Delivery = int (*)(lua_State* L, int index);

// The two halves of a lua_CFunction:
//   int f(lua_State* L) { begin(L); return run_long_call(L); }
// where `begin` ends with begin_long_call and is not inlined: the second half leaves by a jump, so
// that nothing with a destructor may stand in the frame of f. `name` is a literal, as errors name
// the function. Errors: SCRIPT_CANNOT_WAIT where the call cannot wait and its work is long.
void begin_long_call(lua_State* L, std::string_view name, std::unique_ptr<LongWork> work,
                     Delivery delivery = nullptr);
int run_long_call(lua_State* L);

// For a Delivery: the result at `index`.
const Value& result_of_long_call(lua_State* L, int index);

}  // namespace gvm::host
