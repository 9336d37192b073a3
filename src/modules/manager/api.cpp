#include "manager/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/error_detail.h"
#include "base/json.h"
#include "config/document.h"
#include "manager/codes.h"
#include "manager/llm_check.h"
#include "manager/page.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::manager {
namespace {

constexpr std::chrono::milliseconds kPairDeadline{30'000};
constexpr unsigned kBad = 400;
constexpr unsigned kFailed = 500;

std::string_view path_of(const Request& request) {
  const std::string_view target(request.target().data(), request.target().size());
  return target.substr(0, target.find('?'));
}

Answer json_answer(Value value) {
  Answer answer;
  answer.body = json::write(value) + "\n";
  return answer;
}

Answer result_answer(std::string_view result) {
  return json_answer(Value::object({{"result", Value::string(std::string(result))}}));
}

Answer reload_answer(const Value& told) {
  Value::Map body;
  body.set("result", Value::string("module_reloaded"));
  for (const char* key : {"changes", "restart", "warnings"})
    if (const Value* found = told.find(key)) body.set(key, *found);
  return json_answer(Value::map(std::move(body)));
}

// {"error": sentence, ...ctx}: what the host sent is wrong, or we cannot do it.
Answer failure_answer(const Error& error) {
  Value::Map body;
  if (const auto* ctx = error.ctx().as_map()) {
    for (const auto& [key, value] : *ctx)
      if (key.view() != "detail") body.set(key.view(), value);
  }
  const std::string detail(detail_of(error));
  body.set("error",
           Value::string(std::string(error.code()) + (detail.empty() ? "" : ": " + detail)));
  Answer answer = json_answer(Value::map(std::move(body)));
  answer.status = error.fatal() ? kFailed : kBad;
  return answer;
}

// Absent and null are false. A text such as "yes" is refused: taken for false, it would start
// another module than the host means.
Result<bool> flag_in(const Value& body, std::string_view key) {
  const Value* found = body.find(key);
  if (found == nullptr || found->is_null()) return false;
  if (const bool* flag = found->as_bool()) return *flag;
  return fail(codes::kModuleConfigRefused, Fatality::user,
              fmt::format("{}: expected true or false", key));
}

Result<Value> body_of(const Request& request) {
  auto body = text::parse_json(request.body());
  if (!body)
    return fail(codes::kModuleConfigRefused, Fatality::user,
                "the body is no JSON: " + std::string(detail_of(body.error())));
  if (body->as_map() == nullptr)
    return fail(codes::kModuleConfigRefused, Fatality::user, "the body is no JSON object");
  return std::move(*body);
}

// `config`: null or absent is the default file.
Result<StartRequest> start_request_of(const Value& body) {
  StartRequest request;
  const auto allow_empty_backends = flag_in(body, "allow_empty_backends");
  if (!allow_empty_backends) return fail(allow_empty_backends.error());
  const auto user_error = flag_in(body, "user_error");
  if (!user_error) return fail(user_error.error());
  request.allow_empty_backends = *allow_empty_backends;
  request.user_error = *user_error;
  const Value* config = body.find("config");
  if (config == nullptr || config->is_null()) return request;
  if (config->as_map() == nullptr)
    return fail(codes::kModuleConfigRefused, Fatality::user, "config is no JSON object");
  request.config = json::write(*config);
  if (request.config->size() > config::kMaxFileBytes)
    return fail(codes::kModuleConfigRefused, Fatality::user,
                fmt::format("config is {} bytes of JSON, at most {} are read",
                            request.config->size(), config::kMaxFileBytes));
  return request;
}

}  // namespace

bool is_of_executions(std::string_view path) {
  constexpr std::array<std::string_view, 6> kTrees{"/genvm",    "/ws",       "/permits",
                                                   "/contract", "/manifest", "/vm-error"};
  return std::ranges::any_of(kTrees, [&](std::string_view tree) {
    return path.starts_with(tree) && (path.size() == tree.size() || path[tree.size()] == '/');
  });
}

Api::Api(Parts parts) : parts_(std::move(parts)), http_(parts_.context, {}) {}

asio::awaitable<Answer> WatchOnly::answer(const Request& request) {
  const auto path = path_of(request);
  Answer answer;
  if (path != "/status" && !page_file(path)) {
    answer = error_answer(404, "nothing here: this address is for the page / and for /status");
    co_return answer;
  }
  auto answering = api_->answer(request);
  answer = co_await std::move(answering);
  co_return answer;
}

asio::awaitable<void> WatchOnly::pass_on(Stream&, Request, std::string) {
  co_return;
}

bool Api::is_passed_on(const Request& request) const {
  return parts_.executions != nullptr && is_of_executions(path_of(request));
}

asio::awaitable<void> Api::pass_on(Stream& client, Request request, std::string early) {
  return parts_.executions->pass_on(client, std::move(request), std::move(early));
}

asio::awaitable<Answer> Api::answer(const Request& request) {
  struct Route {
    http::verb method;
    std::string_view path;
  };
  constexpr std::array<Route, 12> kRoutes{{{http::verb::get, "/"},
                                           {http::verb::get, "/status.css"},
                                           {http::verb::get, "/page.js"},
                                           {http::verb::get, "/manager.js"},
                                           {http::verb::get, "/status"},
                                           {http::verb::post, "/module/start"},
                                           {http::verb::post, "/module/stop"},
                                           {http::verb::post, "/module/restart"},
                                           {http::verb::post, "/module/reload"},
                                           {http::verb::post, "/llm/check"},
                                           {http::verb::post, "/log/level"},
                                           {http::verb::post, "/env"}}};
  const auto path = path_of(request);
  const auto route = std::ranges::find(kRoutes, path, &Route::path);
  Answer answer;
  if (route == kRoutes.end()) {
    answer = error_answer(
        404, is_of_executions(path)
                 ? "this manager runs modules, not executors: start it with --executions URL"
                 : "no such call; docs/manager.md lists them");
    co_return answer;
  }
  if (route->method != request.method()) {
    const bool get = route->method == http::verb::get;
    answer = error_answer(405, get ? "only GET is answered here" : "only POST is answered here");
    answer.extra_headers = get ? "Allow: GET\r\n" : "Allow: POST\r\n";
    co_return answer;
  }
  if (auto file = page_file(path)) {
    answer.body = std::move(file->body);
    answer.content_type = std::move(file->content_type);
    co_return answer;
  }
  auto answering = path == "/status"           ? status()
                   : path == "/module/start"   ? module(Action::start, request)
                   : path == "/module/stop"    ? module(Action::stop, request)
                   : path == "/module/restart" ? module(Action::restart, request)
                   : path == "/module/reload"  ? module(Action::reload, request)
                   : path == "/llm/check"      ? check(request)
                   : path == "/env"            ? set_variable(request)
                                               : set_log_level(request);
  answer = co_await std::move(answering);
  co_return answer;
}

asio::awaitable<Answer> Api::status() {
  const auto word = [](const ManagedModule& module) {
    return Value::string(module.running() ? "running" : "stopped");
  };
  Value::Map out;
  out.set("llm_module", word(*parts_.llm));
  out.set("web_module", word(*parts_.web));
  out.set("permits", Value::map());
  out.set("executions", Value::map());
  out.set("modules", Value::object({{"llm", parts_.llm->status()}, {"web", parts_.web->status()}}));
  out.set("version", Value::string(parts_.options.version));
  if (parts_.executions) {
    auto asking = parts_.executions->status();
    const auto theirs = co_await std::move(asking);
    if (!theirs) {
      out.set("executions_error", Value::string(std::string(detail_of(theirs.error()))));
    } else {
      for (const char* key : {"permits", "executions"})
        if (const Value* found = theirs->find(key)) out.set(key, *found);
    }
  }
  co_return json_answer(Value::map(std::move(out)));
}

asio::awaitable<Answer> Api::module(Action action, const Request& request) {
  auto body = body_of(request);
  if (!body) co_return failure_answer(body.error());
  const auto kind = lowered(text::string_at(*body, "/module_type").value_or(""));
  if (kind != "llm" && kind != "web")
    co_return error_answer(kBad, "module_type: expected \"Llm\" or \"Web\"");
  const auto module = kind == "llm" ? parts_.llm : parts_.web;
  if (action == Action::stop) {
    auto stopping = module->stop();
    const auto stopped = co_await std::move(stopping);
    if (!stopped) co_return failure_answer(stopped.error());
    co_return result_answer(*stopped ? "module_stopped" : "module_not_running");
  }
  auto wanted = start_request_of(*body);
  if (!wanted) co_return failure_answer(wanted.error());
  if (action == Action::reload) {
    auto reloading = module->reload(std::move(wanted->config));
    const auto reloaded = co_await std::move(reloading);
    if (!reloaded) co_return failure_answer(reloaded.error());
    co_return reload_answer(*reloaded);
  }
  auto starting = action == Action::start ? module->start(std::move(*wanted))
                                          : module->restart(std::move(*wanted));
  const auto started = co_await std::move(starting);
  if (!started) co_return failure_answer(started.error());
  co_return result_answer(action == Action::start ? "module_started" : "module_restarted");
}

asio::awaitable<Answer> Api::check(const Request& request) {
  auto body = body_of(request);
  if (!body) co_return failure_answer(body.error());
  auto plan = parse_check(*body, parts_.environment);
  if (!plan) co_return failure_answer(plan.error());
  auto shared = std::make_shared<const CheckPlan>(std::move(*plan));
  auto checking = run_checks(parts_.context, http_, std::move(shared), kPairDeadline);
  auto rows = co_await std::move(checking);
  co_return json_answer(std::move(rows));
}

// A module reads its configuration when it starts: for it the value holds from then on.
asio::awaitable<Answer> Api::set_variable(const Request& request) {
  auto body = body_of(request);
  if (!body) co_return failure_answer(body.error());
  const auto key = text::string_at(*body, "/key");
  const auto value = text::string_at(*body, "/value");
  if (!key || !value) co_return error_answer(kBad, "key and value: expected two texts");
  auto set = parts_.variables.set(std::string(*key), std::string(*value));
  if (!set) co_return failure_answer(set.error());
  co_return json_answer(Value::object(
      {{"result", Value::string("env_var_set")}, {"key", Value::string(std::string(*key))}}));
}

asio::awaitable<Answer> Api::set_log_level(const Request& request) {
  auto body = body_of(request);
  if (!body) co_return failure_answer(body.error());
  const auto level = lowered(text::string_at(*body, "/level").value_or(""));
  if (!log::parse_level(level))
    co_return error_answer(kBad, "level: expected trace, debug, info, warn or error");
  const std::array<std::shared_ptr<ManagedModule>, 2> modules{parts_.llm, parts_.web};
  for (const auto& module : modules) {
    auto setting = module->set_log_level(level);
    const auto set = co_await std::move(setting);
    if (!set) co_return failure_answer(set.error());
  }
  co_return json_answer(
      Value::object({{"result", Value::string("log_level_set")}, {"level", Value::string(level)}}));
}

}  // namespace gvm::manager
