// Scripts of the kinds that nodes of the field run: their libraries, mock answers by
// host_data, statistics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/web.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

// An operator's own libraries, written like the field's copies: the host functions come from
// globals.
constexpr const char* kOwnGenvm = R"lua(
local M = { own = true }
M.rs = __dflt
function M.log(record) M.rs.log_json(M.rs.json_stringify(record)) end
return M
)lua";
constexpr const char* kOwnLlm = R"lua(
local M = { own = true }
M.rs = __llm
M.providers = M.rs.providers
return M
)lua";

// A primary and a fallback by ids in host_data; answers may be mocked there.
constexpr const char* kStudioScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
local function mocked(ctx, prompt)
  local responses = ctx.host_data.mock_response
  return responses and responses[prompt]
end
local function ask(ctx, backend, prompt)
  local model = next(llm.providers[backend].models)
  return llm.rs.exec_prompt_in_provider(ctx, { provider = backend, model = model, format = "text",
    prompt = { user_message = prompt, temperature = 0, images = {}, max_tokens = 10 } })
end
function ExecPrompt(ctx, args, remaining)
  assert(lib.own and llm.own)
  assert(math.floor(remaining) == remaining and string.format("%d", remaining))
  local mock = mocked(ctx, args.prompt)
  if mock ~= nil then return mock end
  local ok, answer = pcall(ask, ctx, ctx.host_data.studio_llm_id, args.prompt)
  if ok then return { data = answer.data, consumed_gen = 0 } end
  local primary = lib.rs.as_user_error(answer)
  local again, second = pcall(ask, ctx, ctx.host_data.fallback_llm_id, args.prompt)
  if again then return second.data end
  lib.rs.user_error { causes = { "NO_PROVIDER_FOR_PROMPT" }, fatal = true, ctx = {
    primary_error = { provider = ctx.host_data.studio_llm_id, model = "m", status = primary.ctx.status,
      error_message = primary.causes[1] },
    fallback_error = lib.rs.as_user_error(second).ctx } }
end
function ExecPromptTemplate() return true end
)lua";

Value hello_with(Value host_data) {
  Value hello = hello_b();
  for (auto& [key, value] : *host_data.as_map())
    hello.as_map()->find("host_data")->as_map()->set(key.view(), value);
  return hello;
}

struct Studio {
  Studio()
      : broken([](const HttpServer::Request&) {
          return HttpServer::Reply{.status = 401, .body = R"({"error": "bad \"key\""})"};
        }),
        good([](const HttpServer::Request&) {
          return HttpServer::Reply{.body = openai_answer("good")};
        }) {
    (void)libraries.write("lib-genvm.lua", kOwnGenvm);
    (void)libraries.write("lib-llm.lua", kOwnLlm);
  }
  ModuleOptions options() {
    return {.backends = backend({.name = "first", .host = broken.url("")}) +
                        backend({.name = "second", .host = good.url("")}),
            .script = kStudioScript,
            .more = "lua_path: \"" + libraries.file("?.lua") + "\"\n"};
  }
  HttpServer broken, good;
  TempFolder libraries;
};

TEST(FieldScripts, APrimaryAndAFallbackAreChosenByHostData) {
  Studio studio;
  const Module module(studio.options());
  GenVm genvm(module.port(), hello_with(Value::fields("studio_llm_id", Value::string("first"),
                                                      "fallback_llm_id", Value::string("second"))));
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "good");
  GenVm lost(module.port(), hello_with(Value::fields("studio_llm_id", Value::string("first"),
                                                     "fallback_llm_id", Value::string("first"))));
  const Reply reply = lost.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  EXPECT_EQ(*reply.ctx.find("primary_error")->find("status"), Value::integer(401)) << reply.shown;
}

TEST(FieldScripts, MockAnswersComeBareFromHostData) {
  Studio studio;
  const Module module(studio.options());
  const Value mocks = Value::fields("hello", Value::string("mocked"));
  GenVm genvm(module.port(), hello_with(Value::fields("mock_response", mocks)));
  EXPECT_EQ(genvm.ask(prompt("hello")).text(), "mocked");
  EXPECT_TRUE(*genvm.ask(compare("a", "b")).data.as_bool());
}

constexpr const char* kStatistics = R"lua(
local sqlite3 = require("lsqlite3")
local lib = require("lib-genvm")
function Setup(ctx) ctx.prompts = 0 end
local function open()
  local db = assert(sqlite3.open(lib.rs.data_dir .. "/statistics.db"))
  assert(db:exec("CREATE TABLE IF NOT EXISTS runs (tx TEXT, prompts INTEGER)") == sqlite3.OK, db:errmsg())
  return db
end
function Teardown(ctx)
  local db = open()
  local insert = db:prepare("INSERT INTO runs VALUES (?, ?)")
  insert:bind_values(ctx.host_data.tx_id, ctx.prompts)
  insert:step()
  insert:finalize()
  db:close()
end
function ExecPrompt(ctx, args)
  ctx.prompts = ctx.prompts + 1
  if args.prompt ~= "report" then return { data = "ok" } end
  local db = open()
  for count, sum in db:urows("SELECT count(*), sum(prompts) FROM runs") do
    db:close()
    return { data = count .. " " .. tostring(sum) }
  end
end
function ExecPromptTemplate() return { data = true } end
)lua";

TEST(FieldScripts, StatisticsAreWrittenAtTeardownByManySessionsAtOnce) {
  const Module module({.script = kStatistics, .arguments = {"--allow-empty-backends"}});
  constexpr int kSessions = 12;
  {
    std::vector<std::unique_ptr<GenVm>> sessions;
    for (int i = 0; i < kSessions; ++i)
      sessions.push_back(std::make_unique<GenVm>(module.port(), hello_c()));
    for (const auto& session : sessions) session->send(prompt("x"));
    for (const auto& session : sessions) EXPECT_EQ(session->receive().text(), "ok");
    for (const auto& session : sessions) session->ws().send_close(1000);
    ASSERT_TRUE(module.wait_for_sessions(0, 30s));
  }
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("report")).text(), "12 12");
}

// A copy of the field's lib-web stands beside the script, in every generation.
TEST(FieldScripts, TheWebLibraryTakesItsFunctionsFromAGlobal) {
  const TempFolder libraries;
  (void)libraries.write("lib-genvm.lua", kOwnGenvm);
  (void)libraries.write("lib-web.lua", R"lua(
local M = { own = true, allowed_schemas = { http = true, https = true } }
M.rs = __web
function M.check_url(url)
  local parts = __dflt.split_url(url)
  if parts == nil then
    __dflt.user_error { causes = { "MALFORMED_URL" }, fatal = false, ctx = { url = url } }
  end
  local tld = parts.host:match("%.([^.]+)$")
  if not M.rs.allowed_tld[tld] then
    __dflt.user_error { causes = { "TLD_FORBIDDEN" }, fatal = false, ctx = { url = url, tld = tld } }
  end
end
return M
)lua");
  const Module module({.program = "genvm-web",
                       .script = R"lua(
local lib = require("lib-genvm")
local web = require("lib-web")
function Render(_, payload)
  assert(lib.own and web.own and __llm == nil)
  web.check_url(payload.url)
  assert(type(web.rs.get_webdriver_session) == "function")
  local some = next(web.rs.allowed_tld)
  return { text = web.rs.config.webdriver_host .. " " .. type(some) }
end
function Request() return { status = 200, headers = {}, body = "" } end
)lua",
                       .more = "webdriver_host: http://127.0.0.1:1\nlua_path: \"" +
                               libraries.file("?.lua") + "\"\n"});
  for (const Value& hello : {hello_a(), hello_b(), hello_c()}) {
    GenVm genvm(module.port(), hello);
    EXPECT_EQ(page_text(genvm.ask(render("http://example.com/"))), "http://127.0.0.1:1 string");
    EXPECT_EQ(genvm.ask(render("http://example.nowhere/")).outcome(), "UserError TLD_FORBIDDEN");
  }
}

// More models than were once copied into a table, as a catalogue of a large provider has them.
TEST(FieldScripts, TheConfigurationIsThereAsPlainTables) {
  std::string backends =
      "  main:\n    host: http://127.0.0.1:1\n    provider: openai-compatible\n"
      "    key: k\n    meta: {priority: 5}\n    models:\n";
  for (int i = 0; i < 200; ++i)
    backends += "      m" + std::to_string(i) + ": {supports_json: true, meta: {n: 1}}\n";
  const Module module({.backends = std::move(backends),
                       .script = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt()
  local main = llm.providers.main
  local name, first = next(main.models)
  assert(type(main.models) == "table" and main.models[name] == first and first.supports_json)
  first.seen = true
  assert(main.models[name].seen and main.models.m199.meta.n == 1 and main.meta.priority == 5)
  local answer = { llm.timeout, llm.rs.meta.colour, type(llm.templates.eq_comparative.user) }
  return { data = table.concat(answer, " ") }
end
function ExecPromptTemplate() return true end
)lua",
                       .more = "timeout: 90s\nmeta: {colour: red}\n"});
  for (int i = 0; i < 2; ++i) {
    GenVm genvm(module.port(), hello_b());
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "90.0 red string");
  }
}

}  // namespace
}  // namespace gvm::e2e
