#pragma once
// The Lua engine's face. It knows no product and no network: products register host functions,
// sessions run entry points.
//
//   Program   scripts compiled once at start; immutable, shared by all lanes
//   Session   one fresh Lua VM, bounded in memory and CPU, on one lane; made from a Program
//
// No exception and no C++ stack crosses Lua's frames except Lua's own unwinding; never catch
// everything where Lua is on the stack.
//
// Lua cannot be interrupted while it rehashes one table, nor within a full collection when memory
// is short; memory_bytes bounds how long. Weak tables are strong here (sandbox.cpp says why).
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/log.h"
#include "base/size.h"
#include "base/value.h"

struct lua_State;

namespace gvm::script {

namespace asio = boost::asio;

struct Limits {
  // The whole Lua state of one session, and what C++ keeps for it (errors).
  std::size_t memory_bytes = 64 * kMiB;
  // After it other sessions of the lane get their turn. Wall time.
  std::chrono::milliseconds cpu_slice{5};
  // One entry-point call, over all slices; exceeding it ends the session.
  std::chrono::milliseconds cpu_total{2'000};
  // Where Lua cannot give way: a metamethod called from C, one match of a pattern. Longer ends the
  // session, after what it does just then.
  std::chrono::milliseconds cpu_unyielding{30};
  // The script's top level, in place of cpu_unyielding: it runs without a break.
  std::chrono::milliseconds cpu_load{250};
  // Values, nested ones too, of one argument, answer or result: converted in one go. A key counts
  // as three.
  std::size_t values = 250'000;
  // Source given to load(): the compiler cannot be interrupted.
  std::size_t load_source_bytes = 64 * kKiB;
  // Patterns, and formats of string.format and string.pack.
  std::size_t format_bytes = 64 * kKiB;
};

class Session;

// A host function is a row in a table: from it come the registration, the reference page and the
// LuaLS types.
struct HostFunction {
  // Lua arguments converted to Values; the session's own ctx table arrives as null, as it may hold
  // anything (see Session::ctx_fields). Strings are borrowed from the Lua stack: valid until the
  // function (or its awaitable) returns. Tables convert deeply; a Rat becomes an integer when
  // integral, else a string "n/d".
  // The result null is nil to the script; null inside a value is lightuserdata NULL.
  using Args = std::vector<Value>;
  using Sync = std::function<Result<Value>(Session&, Args&)>;
  // The call suspends only the calling session.
  using Async = std::function<asio::awaitable<Result<Value>>(Session&, Args)>;
  // Long work in pieces of about a millisecond: between two of them other sessions get their turn,
  // also where Async cannot wait. The work keeps the arguments; they stay valid.
  class Work {
   public:
    virtual ~Work() = default;
    // One piece. Whether there is more.
    virtual bool step() = 0;
    // After the last piece.
    virtual Result<Value> finish() = 0;
    // What it holds now: counts as the session's memory.
    virtual std::size_t bytes() const = 0;
  };
  using Sliced = std::function<Result<std::unique_ptr<Work>>(Session&, Args)>;
  // Work that may be long and cannot be cut: then it runs on a background thread, on copies of the
  // arguments, and only the session waits.
  struct Heavy {
    // fits: a few milliseconds; should_wait: done on the lane where the session cannot wait;
    // must_wait: refused there.
    enum class Length : std::uint8_t { fits, should_wait, must_wait };
    std::function<Result<Value>(Args&)> function;
    std::function<Length(Args&)> length;
  };
  // For functions that need Lua itself (src/modules/host only): an ordinary lua_CFunction.
  using Raw = int (*)(lua_State*);

  std::string_view library;  // "lib.rs", "llm.rs", "web.rs", "rat": the table it lives in
  std::string_view name;
  std::string_view signature;  // LuaLS: "fun(text: string, filters: string[]): string"
  std::string_view doc;        // one line, with units and errors
  std::variant<Sync, Async, Sliced, Heavy, Raw> implementation;
  // Not for Raw. With a name, the session's own ctx arrives as a map of this one field, which is
  // false where the script has none.
  std::string_view ctx_field = {};
};

// A constant in a library table, e.g. lib.rs.data_dir or llm.rs.providers. Every session has its
// own copy; a map of more than 1024 plain values is shared by all and read-only: scripts index it,
// walk it with pairs and next, and count it with #.
struct HostConstant {
  std::string_view library;
  std::string_view name;
  std::string_view type;  // LuaLS type
  std::string_view doc;
  Value value;
};

// What the Raw functions of a library share; found by the library's name.
struct HostData {
  virtual ~HostData() = default;
};

struct HostTable {
  std::vector<HostFunction> functions;
  std::vector<HostConstant> constants;
  std::map<std::string_view, std::shared_ptr<HostData>> data;
};

struct LibrarySource {
  std::string name;  // for require: "lib-genvm"
  // Lua text. Called once a session as chunk(name, host): host["lib.rs"] is the table of the host
  // functions and constants of that library. Modules on lua_path are called the same way.
  std::string source;
};

// Product data reachable from host functions: subclass it.
class Services {
 public:
  virtual ~Services() = default;
};

struct ProgramOptions {
  std::string script_path;  // the operator's script
  std::string lua_path;  // ';'-separated "?.lua" patterns for require; compiled at start when found
  std::vector<std::string> required_entries;  // e.g. ExecPrompt; absent: the start fails
  std::vector<LibrarySource>
      libraries;  // ours; a file of the same name on lua_path does not replace them
  HostTable host;
  Limits limits;
  // What services() answers while the script's top level runs without a session: in Program::load
  // and in a SessionPool. Absent: a plain Services.
  std::function<std::unique_ptr<Services>()> loading_services;
};

class Program {
 public:
  // Reads, compiles, runs the script once in a throw-away VM and checks its entry points. Errors
  // (INVALID_CONFIG) name file and line.
  static Result<std::shared_ptr<const Program>> load(ProgramOptions options);
  virtual ~Program() = default;
  virtual const HostTable& host() const = 0;
  virtual bool has_entry(std::string_view name) const = 0;
};

// A read-only value pushed to Lua as an argument, with hints the plain Value does not carry.
struct Argument {
  Value value;
  bool integer_as_rat = false;  // remaining_gen: always a Rat, whatever its size
  // With a name it is no argument: ctx gets it as this field before the entry point is called. The
  // name is a literal.
  std::string_view ctx_field = {};
};

class Session {
 public:
  // Makes the VM and runs the script's top level (bounded like an entry point). About 150 µs; no
  // I/O.
  static Result<std::unique_ptr<Session>> open(std::shared_ptr<const Program> program,
                                               asio::any_io_executor executor, log::Logger logger,
                                               std::unique_ptr<Services> services,
                                               Value ctx_fields);
  virtual ~Session() = default;

  // Calls global `entry(ctx, arguments...)` and awaits it. The answer is the first result, owned. A
  // missing optional entry answers null. Errors: what the script raised (typed), SCRIPT_ERROR with
  // a traceback's first line, SCRIPT_MEMORY_LIMIT, SCRIPT_CPU_LIMIT (after these two usable() is
  // false), DEADLINE_EXCEEDED. Asio cancellation cancels what it awaits. After any cancelled or
  // deadline-hit call the VM's coroutine is closed and the session stays usable.
  virtual asio::awaitable<Result<Value>> call(std::string_view entry,
                                              std::vector<Argument> arguments,
                                              Deadline deadline) = 0;
  virtual bool usable() const = 0;
  virtual Services& services() = 0;
  virtual const log::Logger& logger() const = 0;
  virtual const Value& ctx_fields() const = 0;  // the hello, as given to open
  virtual Deadline deadline()
      const = 0;  // of the running call; host functions take the sooner of it and theirs
  virtual std::size_t memory_used() const = 0;  // bytes
};

// Sessions whose VM is made and whose script's top level has run before anybody asks: opening takes
// a few microseconds. Used only on its lane's thread. Refills itself between other work of the
// lane.
class SessionPool {
 public:
  // `ready`: how many are kept (vm_count, shared out over the lanes).
  SessionPool(std::shared_ptr<const Program> program, asio::any_io_executor executor,
              std::size_t ready);
  ~SessionPool();
  SessionPool(const SessionPool&) = delete;
  SessionPool& operator=(const SessionPool&) = delete;

  // A warm session when there is one, else a fresh one. Another one is made ready once the session
  // is gone. While the top level ran, services() was
  // loading_services().
  Result<std::unique_ptr<Session>> open(log::Logger logger, std::unique_ptr<Services> services,
                                        Value ctx_fields);
  std::size_t ready() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace gvm::script
