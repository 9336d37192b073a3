#include "script/session.h"

#include <exception>
#include <lua.hpp>
#include <new>
#include <utility>

#include "script/bridge.h"
#include "script/codes.h"
#include "script/convert.h"
#include "script/entry_point.h"
#include "script/error.h"
#include "script/rat.h"
#include "script/sandbox.h"

namespace gvm::script {

namespace {

constexpr int kGlobals = 64;  // of the libraries and of a usual script

// With room for all, as it would grow to it in six steps.
void make_globals(lua_State* L) {
  lua_createtable(L, 0, kGlobals);
  lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

// As after a full collection: little is garbage yet, and the next collection begins when the
// memory has doubled. Otherwise it would begin at once, and mark the libraries in every session.
void postpone_collection(lua_State* L) {
  lua_gc(L, LUA_GCSTEP, -lua_gc(L, LUA_GCCOUNT));
}

constexpr int kFramesSearched = 64;

// A message handler: notes where in a file Lua was. What the host raises does not say it.
int note_place(lua_State* L) {
  lua_Debug frame{};
  for (int level = 0; level < kFramesSearched && lua_getstack(L, level, &frame) != 0; ++level) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline <= 0 || frame.source[0] != '@') continue;
    Vm::of(L).session().note_place(frame.source + 1, frame.currentline);
    break;
  }
  return 1;
}

void run_top_level(lua_State* L, const Module& script, bool tell_place) {
  lua_pushcfunction(L, note_place);
  push_chunk(L, script);
  if (!tell_place) return lua_call(L, 0, 0);
  const int status = lua_pcall(L, 0, 0, -2);
  if (status == LUA_OK) return;
  if (status == LUA_ERRMEM) Vm::of(L).kill(Kill::memory);
  lua_error(L);
}

// Runs protected on the main thread; the argument is the session.
int open_everything(lua_State* L) {
  SessionImpl& session = Vm::of(L).session();
  lua_gc(L, LUA_GCSTOP);  // nothing made here is garbage
  make_globals(L);
  open_sandbox(L);
  install_rat(L);
  install_require(L);
  install_entry_runner(L, session.program().entry_runner());
  lua_gc(L, LUA_GCRESTART);
  postpone_collection(L);
  run_top_level(L, session.program().script(), session.loading() != nullptr);
  postpone_collection(L);
  return 0;
}

struct Context {
  const Value* fields;
  lua_State* thread = nullptr;
  int ctx_reference = LUA_NOREF;
};

int make_ctx(lua_State* L) {
  auto& context = *static_cast<Context*>(lua_touserdata(L, 1));
  if (context.fields->as_map() != nullptr)
    push(L, *context.fields);
  else
    lua_newtable(L);
  context.ctx_reference = luaL_ref(L, LUA_REGISTRYINDEX);
  context.thread = lua_newthread(L);
  luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

struct Failure {
  lua_State* from;
  std::optional<Error> error;
};

int read_error(lua_State* L) {
  auto& failure = *static_cast<Failure*>(lua_touserdata(L, 1));
  if (failure.from != L) lua_xmove(failure.from, L, 1);
  failure.error.emplace(to_error(L, -1));
  return 0;
}

}  // namespace

SessionImpl::SessionImpl(std::shared_ptr<const ProgramImpl> program, asio::any_io_executor executor,
                         log::Logger logger, std::unique_ptr<Services> services,
                         std::unique_ptr<Vm> vm)
    : program_(std::move(program)),
      executor_(std::move(executor)),
      logger_(std::move(logger)),
      services_(std::move(services)),
      vm_(std::move(vm)) {
  vm_->set_session(this);
}

SessionImpl::~SessionImpl() {
  parked_.reset();
  if (when_gone_) when_gone_(std::move(vm_));
}

Result<void> SessionImpl::protect(int (*function)(lua_State*), void* argument, Vm::Runs runs) {
  lua_State* L = vm_->main();
  int status = LUA_OK;
  {
    const Vm::Stretch stretch(*vm_, L, runs);
    lua_pushcfunction(L, function);
    lua_pushlightuserdata(L, argument);
    status = lua_pcall(L, 1, 0, 0);
  }
  if (status == LUA_ERRMEM) vm_->kill(Kill::memory);
  if (vm_->killed() != Kill::none) return fail(vm_->kill_error());
  if (status == LUA_OK) return {};
  return fail(take_error(vm_->main()));
}

Error SessionImpl::take_error(lua_State* from) {
  lua_State* L = vm_->main();
  Failure failure{from, std::nullopt};
  if (from == L) {
    // The error is on top of the thread that reads it: hand it over as the second argument.
    lua_pushcfunction(L, read_error);
    lua_insert(L, -2);
    lua_pushlightuserdata(L, &failure);
    lua_insert(L, -2);
    lua_pcall(L, 2, 0, 0);
  } else {
    lua_pushcfunction(L, read_error);
    lua_pushlightuserdata(L, &failure);
    lua_pcall(L, 1, 0, 0);
  }
  lua_settop(L, 0);
  if (failure.error) return std::move(*failure.error);
  vm_->kill(Kill::memory);
  return vm_->kill_error();
}

Result<std::unique_ptr<SessionImpl>> SessionImpl::make(std::shared_ptr<const ProgramImpl> program,
                                                       asio::any_io_executor executor,
                                                       log::Logger logger,
                                                       std::unique_ptr<Services> services,
                                                       ProgramImpl* loading) {
  std::unique_ptr<SessionImpl> session;
  try {
    auto vm = std::make_unique<Vm>(program->options().limits);
    session = std::make_unique<SessionImpl>(std::move(program), std::move(executor),
                                            std::move(logger), std::move(services), std::move(vm));
  } catch (const std::bad_alloc&) {
    return fail(codes::kScriptMemoryLimit, Fatality::user, "no Lua state fits the memory limit");
  }
  if (auto done = session->start(loading); !done) return fail(std::move(done.error()));
  return session;
}

Result<void> SessionImpl::start(ProgramImpl* loading) {
  loading_ = loading;
  Result<void> done = protect(open_everything, this, Vm::Runs::loading);
  loading_ = nullptr;
  if (!done && !place_.empty()) done.error().with("place", Value::string(std::move(place_)));
  return done;
}

void SessionImpl::own(log::Logger logger, std::unique_ptr<Services> services) {
  logger_ = std::move(logger);
  services_ = std::move(services);
}

Result<void> SessionImpl::begin(Value ctx_fields) {
  ctx_fields_ = std::move(ctx_fields).to_owned();
  Context context{&ctx_fields_};
  Result<void> done = protect(make_ctx, &context, Vm::Runs::loading);
  thread_ = context.thread;
  ctx_reference_ = context.ctx_reference;
  return done;
}

void SessionImpl::push_ctx(lua_State* L) const {
  lua_rawgeti(L, LUA_REGISTRYINDEX, ctx_reference_);
}

bool SessionImpl::is_ctx(lua_State* L, int index) const {
  if (lua_type(L, index) != LUA_TTABLE || ctx_reference_ == 0) return false;
  lua_rawgeti(L, LUA_REGISTRYINDEX, ctx_reference_);
  const bool same = lua_rawequal(L, -1, index) != 0;
  lua_pop(L, 1);
  return same;
}

Result<std::unique_ptr<Session>> Session::open(std::shared_ptr<const Program> program,
                                               asio::any_io_executor executor, log::Logger logger,
                                               std::unique_ptr<Services> services,
                                               Value ctx_fields) {
  auto inside = std::static_pointer_cast<const ProgramImpl>(std::move(program));
  auto session = SessionImpl::make(std::move(inside), std::move(executor), std::move(logger),
                                   std::move(services), nullptr);
  if (!session) return fail(std::move(session.error()));
  (*session)->vm().end_set_up();
  if (auto done = (*session)->begin(std::move(ctx_fields)); !done) {
    return fail(std::move(done.error()));
  }
  return std::move(*session);
}

}  // namespace gvm::script
