#include "apps/front/script_bench.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <utility>

#include "apps/front/input.h"
#include "apps/front/script.h"
#include "apps/front/script_messages.h"
#include "apps/server_options.h"
#include "apps/version.h"
#include "base/json.h"
#include "config/load.h"
#include "host/arguments.h"
#include "llm/handler.h"
#include "web/handler.h"

namespace gvm::apps {
namespace {

using Args = script::HostFunction::Args;

// Keys are in the environment of the service, and no test needs them.
config::Environment test_environment() {
  auto environment = config::Environment::of_process(kVersion);
  environment.get_env = [real = environment.get_env](const std::string& name) {
    auto value = real(name);
    return value && !value->empty() ? value : std::optional<std::string>("script-test-key");
  };
  return environment;
}

Error bad(std::string detail) {
  return Error("SCRIPT_TEST_BAD", Fatality::fatal, std::move(detail));
}

std::string text_in(const Value& map, std::string_view name) {
  const Value* found = map.find(name);
  if (found == nullptr) return {};
  return std::string(host::bytes_of(*found).value_or(""));
}

std::int64_t number_in(const Value& map, std::string_view name, std::int64_t usual) {
  const Value* found = map.find(name);
  if (found == nullptr || !found->as_integer()) return usual;
  return found->as_integer()->to_i64().value_or(usual);
}

PlannedAnswer answer_of(const Value& plan) {
  PlannedAnswer answer;
  answer.status =
      static_cast<unsigned>(std::clamp<std::int64_t>(number_in(plan, "status", 200), 200, 599));
  answer.text = text_in(plan, "text");
  if (const Value* json = plan.find("json"); json != nullptr && !json->is_null())
    answer.text = json::write(*json);
  answer.input = number_in(plan, "input", answer.input);
  answer.output = number_in(plan, "output", answer.output);
  answer.finish = text_in(plan, "finish");
  const Value* drop = plan.find("drop");
  answer.drop = drop != nullptr && drop->as_bool() != nullptr && *drop->as_bool();
  return answer;
}

}  // namespace

ScriptBench::ScriptBench(Files files)
    : files_(std::move(files)), environment_(test_environment()) {}

std::chrono::milliseconds ScriptBench::left() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(deadline_.remaining());
}

config::ModuleKind ScriptBench::kind() const {
  if (!files_.config.empty())
    if (const auto kind = config::detect_kind(files_.config)) return *kind;
  return module_by_names(read_file(files_.script).value_or(""));
}

Result<ScriptBench::Built> ScriptBench::build(std::string_view yaml, const std::string& name) {
  return kind() == config::ModuleKind::web ? build_web(yaml, name) : build_llm(yaml, name);
}

Result<ScriptBench::Built> ScriptBench::build_llm(std::string_view yaml, const std::string& name) {
  auto loaded = config::load_llm_text(yaml, name, environment_);
  if (!loaded) return fail(bad(config::to_string(loaded.error())));
  auto config = std::make_shared<config::LlmConfig>(std::move(loaded->config));
  backends_.take(*config, server_.port());
  config->common.lua_script_path = files_.script;
  config->common.data_dir = data_->path();
  config->ledger = {};
  auto make = [config, this](const scripted::ModuleParts& parts) {
    return llm::make_llm_service(config, environment_, parts);
  };
  return Built{std::move(make), http_options(config->common)};
}

// Names are resolved by the mock's server, and everything goes through its proxy; pages are read
// without a browser.
void ScriptBench::take(config::WebConfig& config) const {
  const std::string loopback = "127.0.0.1:";
  config.common.lua_script_path = files_.script;
  config.common.data_dir = data_->path();
  config.common.http.ca_file = data_->path() + "/authority.pem";
  config.webdriver_host.clear();
  config.render_service = {};
  config.browser.engine = "http";
  config.policy.dns_servers = {loopback + std::to_string(dns_->port())};
  config::ProxyConfig proxy{.name = "mock",
                            .url = "http://" + loopback + std::to_string(server_.port()),
                            .username = {},
                            .password = {},
                            .filters = true};
  config.proxies = {std::move(proxy)};
  config.routes = {{.hosts = {"*"}, .via = {"mock"}, .source = {}}};
}

Result<ScriptBench::Built> ScriptBench::build_web(std::string_view yaml, const std::string& name) {
  auto loaded = config::load_web_text(yaml, name, environment_);
  if (!loaded) return fail(bad(config::to_string(loaded.error())));
  auto config = std::make_shared<config::WebConfig>(std::move(loaded->config));
  if (!dns_) dns_.emplace();
  take(*config);
  std::ofstream(config->common.http.ca_file) << server_.authority_pem();
  auto make =
      [config](const scripted::ModuleParts& parts) -> Result<std::unique_ptr<serve::Service>> {
    auto module = web::make_web_module(config, parts);
    if (!module) return fail(std::move(module).error());
    return std::move(*module);
  };
  return Built{std::move(make), http_options(config->common)};
}

MockReply ScriptBench::answer(const MockRequest& request) {
  return request.target.starts_with('/') ? backends_.answer(request) : sites_.answer(request);
}

std::vector<Value> ScriptBench::sent() const {
  auto all = backends_.sent();
  for (auto& each : sites_.sent()) all.push_back(std::move(each));
  return all;
}

std::vector<std::string> ScriptBench::unplanned() const {
  auto all = backends_.unplanned();
  for (auto& each : sites_.unplanned()) all.push_back(std::move(each));
  return all;
}

Result<void> ScriptBench::begin_test(Deadline deadline) {
  end_test();
  deadline_ = deadline;
  data_.emplace();
  backends_.reset();
  sites_.reset();
  std::string yaml = own_config_.value_or("{}\n");
  const std::string name = files_.config.empty() ? files_.test + ": test.config" : files_.config;
  if (!files_.config.empty()) {
    auto given = read_file(files_.config);
    if (!given) return fail(bad(given.error()));
    yaml = std::move(*given);
  }
  auto built = build(yaml, name);
  if (!built) return fail(std::move(built).error());
  auto world = ScriptWorld::start(built->make, server_.port(), std::move(built->http));
  if (!world) return fail(std::move(world).error());
  world_ = std::move(*world);
  return {};
}

void ScriptBench::end_test() {
  if (world_ && has_session_) world_->end_session(std::max(left(), std::chrono::milliseconds(1)));
  has_session_ = false;
  world_.reset();
  data_.reset();
}

Result<void> ScriptBench::begin_session(Value hello) {
  if (!world_) return fail(bad("there is no module before the first test"));
  has_session_ = true;
  return world_->begin_session(test_hello(hello), left());
}

Result<Value> ScriptBench::ask(std::string_view kind, Value payload) {
  auto request = test_request(kind, std::move(payload));
  if (!request) return request;
  if (!has_session_)
    if (auto begun = begin_session(Value::map()); !begun) return fail(std::move(begun).error());
  if (left() <= std::chrono::milliseconds(0)) return fail(bad("the time of the test is over"));
  const auto before = unplanned().size();
  auto reply = world_->ask(*request, left());
  if (!reply) {
    stuck_ = reply.error().code() == "SCRIPT_TEST_STUCK";
    return reply;
  }
  if (const auto missing = unplanned(); missing.size() > before)
    return fail(bad("the script asks " + missing[before] + ", for which the test plans no answer"));
  return test_reply(*reply);
}

Result<Value> ScriptBench::plan(const Value& plan) {
  if (plan.as_map() == nullptr) return fail(bad("expected a table"));
  backends_.plan(text_in(plan, "backend"), text_in(plan, "model"), answer_of(plan));
  return Value::null();
}

Result<Value> ScriptBench::plan_site(const Value& plan) {
  if (plan.as_map() == nullptr) return fail(bad("expected a table"));
  const auto answer = answer_of(plan);
  MockReply reply{
      .status = answer.status, .headers = {}, .body = text_in(plan, "body"), .drop = answer.drop};
  const Value* headers = plan.find("headers");
  if (headers != nullptr && headers->as_map())
    for (const auto& [name, value] : *headers->as_map())
      reply.headers.emplace_back(name.view(), host::bytes_of(value).value_or(""));
  const auto url = text_in(plan, "url");
  if (!sites_.plan(url, std::move(reply))) return fail(bad(url + " is no absolute URL"));
  return Value::null();
}

Result<Value> ScriptBench::file(std::string_view name) const {
  const auto path = std::filesystem::path(files_.test).parent_path() / name;
  auto text = read_file(path.string());
  if (!text) return fail(bad(text.error()));
  return Value::bytes(std::move(*text));
}

script::HostTable ScriptBench::functions() {
  script::HostTable table;
  const auto add = [&table](std::string_view name, auto function) {
    table.functions.push_back({"test.rs", name, "fun(...: any): any", "of script-test",
                               script::HostFunction::Sync(std::move(function))});
  };
  using script::Session;
  add("config", [this](Session&, Args& args) -> Result<Value> {
    auto yaml = host::Arguments("test.config", args).bytes(0, "yaml");
    if (!yaml) return fail(std::move(yaml).error());
    set_config(std::string(*yaml));
    return Value::null();
  });
  add("plan", [this](Session&, Args& args) -> Result<Value> {
    return plan(host::Arguments("answers", args).any(0));
  });
  add("plan_site", [this](Session&, Args& args) -> Result<Value> {
    return plan_site(host::Arguments("t.site", args).any(0));
  });
  add("session", [this](Session&, Args& args) -> Result<Value> {
    if (auto begun = begin_session(host::Arguments("t.session", args).any(0)); !begun)
      return fail(std::move(begun).error());
    return Value::null();
  });
  add("ask", [this](Session&, Args& args) -> Result<Value> {
    host::Arguments given("t.prompt", args);
    auto kind = given.bytes(0, "kind");
    if (!kind) return fail(std::move(kind).error());
    return ask(*kind, given.any(1));
  });
  add("sent",
      [this](Session&, Args&) -> Result<Value> { return Value::array(Value::Array(sent())); });
  add("file", [this](Session&, Args& args) -> Result<Value> {
    auto name = host::Arguments("t.file", args).bytes(0, "name");
    if (!name) return fail(std::move(name).error());
    return file(*name);
  });
  return table;
}

}  // namespace gvm::apps
