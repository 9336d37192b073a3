#include "host/html_functions.h"

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <lua.hpp>
#include <memory>
#include <new>
#include <optional>

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/html_document.h"
#include "host/html_read_limits.h"
#include "html/charset.h"
#include "html/codes.h"
#include "script/codes.h"
#include "script/error.h"
#include "script/off_lane.h"
#include "script/session.h"

namespace gvm::host {

namespace {

namespace asio = boost::asio;

constexpr std::string_view kName = "lib.rs.html";
constexpr const char* kJobMetatable = "gvm.html.job";

struct Request {
  std::string_view bytes;
  std::string charset;
  std::optional<url::Url> url;
};

Result<html::Page> parse(const Request& request, const html::Limits& limits,
                         const std::atomic<bool>* stop) {
  try {
    auto page = html::parse_page(request.bytes, request.charset,
                                 request.url ? &*request.url : nullptr, limits, stop);
    if (page || !request.url || page.error().code() != codes::kDocumentTooComplex) return page;
    Error error = std::move(page).error();
    return fail(std::move(error).with("url", Value::string(std::string(request.url->href()))));
  } catch (const std::exception& exception) {
    return fail(codes::kInternal, Fatality::fatal, std::string("html: ") + exception.what());
  }
}

// One document parsed on the background thread.
struct Job {
  explicit Job(Request made) : copy(made.bytes), request(std::move(made)) { request.bytes = copy; }

  std::string copy;  // Lua may drop its string when the call is cancelled
  Request request;
  std::atomic<bool> stop = false;
  std::optional<Result<html::Page>> result;
};

// The parser looks with every token, so it ends at once when nobody waits any more.
class StopsParse {
 public:
  explicit StopsParse(std::shared_ptr<Job> job) : job_(std::move(job)) {}
  ~StopsParse() { job_->stop = true; }
  StopsParse(const StopsParse&) = delete;

 private:
  std::shared_ptr<Job> job_;
};

asio::awaitable<Result<Value>> wait_for(script::Vm* vm, std::shared_ptr<Job> job) {
  const StopsParse stops(job);
  auto work = [job]() -> Result<Value> {
    job->result.emplace(parse(job->request, html::Limits(), &job->stop));
    return Value::null();
  };
  auto parsing = script::run_off_lane(*vm, std::move(work));
  Result<Value> done = co_await std::move(parsing);
  co_return done;
}

int discard_job(lua_State* L) {
  std::destroy_at(static_cast<std::shared_ptr<Job>*>(lua_touserdata(L, 1)));
  return 0;
}

std::shared_ptr<Job>& push_job(lua_State* L) {
  if (luaL_newmetatable(L, kJobMetatable) != 0) {
    lua_pushcfunction(L, discard_job);
    lua_setfield(L, -2, "__gc");
  }
  auto* job = new (lua_newuserdatauv(L, sizeof(std::shared_ptr<Job>), 0)) std::shared_ptr<Job>();
  lua_insert(L, -2);
  lua_setmetatable(L, -2);
  return *job;
}

void push_page(lua_State* L, Result<html::Page> page) {
  if (!page) script::raise(L, std::move(page.error()));
  push_document(L, std::move(*page));
}

// The job is on top of the stack, as html() left it.
int finish(lua_State* L, int, lua_KContext) {
  auto& session = script::Vm::of(L).session();
  auto completed = session.take_completed();
  session.release_completed();
  if (!completed) script::raise(L, std::move(completed.error()));
  auto* job = static_cast<std::shared_ptr<Job>*>(luaL_checkudata(L, -1, kJobMetatable));
  Result<html::Page> page = std::move(*(*job)->result);
  job->reset();
  push_page(L, std::move(page));
  return 1;
}

std::string_view text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* text = lua_tolstring(L, index, &size);
  return {text, size};
}

// options[name]; empty when absent. Left on the stack, so that the view stays valid.
std::string_view option(lua_State* L, const char* name) {
  const int type = lua_getfield(L, 2, name);
  if (type == LUA_TNIL) return {};
  if (type != LUA_TSTRING) {
    script::raise(
        L, bad_argument(kName, std::string("options.") + name, "string", lua_typename(L, type)));
  }
  return text_at(L, -1);
}

// A charset, or a whole Content-Type, as the server sent it.
std::string label_of(std::string_view charset) {
  const bool is_content_type = charset.find('/') != std::string_view::npos;
  return std::string(is_content_type ? html::charset_of_content_type(charset) : charset);
}

Request request_of(lua_State* L) {
  if (lua_type(L, 1) != LUA_TSTRING) {
    script::raise(L, bad_argument(kName, "argument 1 (bytes)", "string", luaL_typename(L, 1)));
  }
  Request request{text_at(L, 1), {}, std::nullopt};
  if (lua_isnoneornil(L, 2)) return request;
  if (lua_type(L, 2) != LUA_TTABLE) {
    script::raise(L, bad_argument(kName, "argument 2 (options)", "table", luaL_typename(L, 2)));
  }
  request.charset = label_of(option(L, "charset"));
  const std::string_view url = option(L, "url");
  if (url.data() == nullptr) return request;
  auto parsed = url::parse(url);
  if (!parsed) script::raise(L, std::move(parsed.error()));
  request.url = std::move(*parsed);
  return request;
}

// On the lane. Nothing when it would take too long there: a short page may be hard to parse.
std::optional<Result<html::Page>> parse_here(const Request& request, bool waits) {
  const HtmlLimits limits;
  if (request.bytes.size() > (waits ? limits.inline_bytes : limits.unwaited_bytes))
    return std::nullopt;
  html::Limits here;
  const HtmlReadLimits reading;
  here.work = waits ? reading.parsing : reading.parsing_unwaited;
  auto page = parse(request, here, nullptr);
  const Value* exceeded = page ? nullptr : page.error().ctx().find("limit");
  if (exceeded != nullptr && exceeded->as_string() == "work") return std::nullopt;
  return page;
}

void parse_elsewhere(lua_State* L, Request request) {
  const std::size_t bytes = request.bytes.size();
  auto& vm = script::Vm::of(L);
  vm.charge(L, bytes);  // the copy
  std::shared_ptr<Job>& job = push_job(L);
  job = std::make_shared<Job>(std::move(request));
  vm.session().park(wait_for(&vm, job), bytes);
}

// Whether it finished; else it is parked.
[[gnu::noinline]] bool start(lua_State* L) {
  lua_settop(L, 2);
  Request request = request_of(L);
  const bool waits = script::Vm::of(L).session().can_wait(L);
  if (auto page = parse_here(request, waits)) return push_page(L, std::move(*page)), true;
  if (!waits) {
    script::raise(L, Error(codes::kScriptCannotWait, Fatality::fatal,
                           "lib.rs.html waits for a document of more than " +
                               std::to_string(HtmlLimits().unwaited_bytes / kKiB) +
                               " KiB, or one that is hard to parse, which is not possible here"));
  }
  parse_elsewhere(L, std::move(request));
  return false;
}

int parse_html(lua_State* L) {
  if (start(L)) return 1;
  return script::Vm::yield(L, 0, 0, finish);
}

}  // namespace

void add_html_functions(script::HostTable& table) {
  table.functions.push_back(
      {kCommonLibrary, "html",
       "fun(bytes: string, options: {url: string|nil, charset: string|nil}|nil): HtmlDocument",
       "Parses a page. `url` makes its links absolute; `charset` is what the server said: a label "
       "or "
       "its whole Content-Type. Long pages are parsed elsewhere, while only this session waits. "
       "Errors: DOCUMENT_TOO_COMPLEX with `ctx.limit`, TOO_LARGE, MALFORMED_URL.",
       parse_html});
  add_html_methods(table);
}

}  // namespace gvm::host
