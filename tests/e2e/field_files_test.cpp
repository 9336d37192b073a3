// Scripts of the field that bring more than themselves along: a plugin that talks to a provider on
// its own, files that a chain of models reads while it runs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/json.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::HasSubstr;

// A provider that the module does not know, asked by a module on lua_path.
constexpr const char* kPlugin = R"lua(
local lib = require("lib-genvm")
local M = {}
function M.ask(ctx, url, key, prompt)
  local ok, answer = pcall(lib.rs.request, ctx, {
    method = "POST", url = url .. "/v2/generate",
    headers = { ["content-type"] = "application/json", ["x-plugin-key"] = key },
    body = lib.rs.json_stringify({ inputs = prompt, options = { wait = true } }),
    json = true, error_on_status = true,
  })
  if not ok then
    local e = lib.rs.as_user_error(answer)
    lib.rs.user_error { causes = { "NO_PROVIDER_FOR_PROMPT" }, fatal = true,
      ctx = { primary_error = { status = e.ctx.status, error_message = e.causes[1] } } }
  end
  -- The service says null where it found nothing.
  return answer.body.generated or answer.body.fallback_text
end
return M
)lua";

constexpr const char* kPluginScript = R"lua(
local plugin = require("plugins.generate")
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local meta = llm.rs.meta
  return { data = plugin.ask(ctx, meta.url, meta.key, args.prompt), consumed_gen = 0 }
end
function ExecPromptTemplate() return { data = true } end
)lua";

TEST(FieldFiles, APluginAsksAProviderOfItsOwn) {
  HttpServer service([](const HttpServer::Request& request) {
    if (request.body.find("broken") != std::string::npos) return HttpServer::Reply{.status = 529};
    if (request.body.find("empty") != std::string::npos)
      return HttpServer::Reply{.body = R"({"generated": null, "fallback_text": "nothing"})"};
    return HttpServer::Reply{.body = R"({"generated": "from the plugin", "fallback_text": null})"};
  });
  TempFolder libraries;
  std::filesystem::create_directories(libraries.file("plugins"));
  (void)libraries.write("plugins/generate.lua", kPlugin);
  const Module module({.script = kPluginScript,
                       .more = "lua_path: \"" + libraries.file("?.lua") + "\"\nmeta: {url: \"" +
                               service.url("") + "\", key: abc}\n",
                       .arguments = {"--allow-empty-backends"}});
  GenVm genvm(module.port(), hello_b());
  EXPECT_EQ(genvm.ask(prompt("hello")).text(), "from the plugin");
  EXPECT_EQ(service.last_request().header("x-plugin-key"), "abc");
  EXPECT_EQ(genvm.ask(prompt("empty")).text(), "nothing");
  const Reply broken = genvm.ask(prompt("broken"));
  EXPECT_EQ(broken.outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  EXPECT_EQ(*broken.ctx.find("primary_error")->find("status"), Value::integer(529));
}

// The order and the temperature stand in a file beside the script, which is read for every prompt;
// what happened is noted in data_dir.
constexpr const char* kChain = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")

local function chain(ctx)
  local file, why = io.open(ctx.host_data.chain_file, "r")
  if not file then
    lib.rs.user_error { causes = { "NO_CHAIN" }, fatal = false, ctx = { why = why } }
  end
  local links = {}
  for line in file:lines() do
    local backend, temperature = line:match("^(%S+)%s+(%S+)$")
    if backend then links[#links + 1] = { backend, tonumber(temperature) } end
  end
  file:close()
  return links
end

local function note(text)
  local file = assert(io.open(lib.rs.data_dir .. "/chain.log", "a"))
  file:write(text, "\n")
  file:close()
end

function ExecPrompt(ctx, args)
  for _, link in ipairs(chain(ctx)) do
    local model = next(llm.providers[link[1]].models)
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, {
      provider = link[1], model = model, format = "text",
      prompt = { user_message = args.prompt, temperature = link[2], images = {}, max_tokens = 10 } })
    note(link[1] .. " " .. tostring(ok))
    if ok then return answer end
  end
  lib.rs.user_error { causes = { "NO_PROVIDER_FOR_PROMPT" }, fatal = true, ctx = {} }
end
function ExecPromptTemplate() return { data = true } end
)lua";

Value hello_with_chain(const std::string& file) {
  Value hello = hello_b();
  hello.as_map()->find("host_data")->as_map()->set("chain_file", Value::string(file));
  return hello;
}

struct Chain {
  Chain()
      : broken([](const HttpServer::Request&) { return HttpServer::Reply{.status = 500}; }),
        good([](const HttpServer::Request&) {
          return HttpServer::Reply{.body = openai_answer("good")};
        }) {}
  ModuleOptions options(std::string more = {}) const {
    return {.backends = backend({.name = "first", .host = broken.url("")}) +
                        backend({.name = "second", .host = good.url("")}),
            .script = kChain,
            .more = std::move(more)};
  }
  HttpServer broken, good;
};

TEST(FieldFiles, AChainReadsItsOrderFromAFileForEveryPrompt) {
  Chain chain;
  const Module module(chain.options());
  const std::string file = module.folder().write("chain.txt", "first 0.5\nsecond 0.75\n");
  GenVm genvm(module.port(), hello_with_chain(file));
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "good");
  const auto sent = text::parse_json(chain.good.last_request().body).value();
  EXPECT_EQ(json::write(*sent.find("temperature")), "0.75");
  (void)module.folder().write("chain.txt", "second 0.25\n");
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "good");
  GenVm reader(module.port(), hello_with_chain(module.folder().file("data/chain.log")));
  (void)module.folder().write("data/chain.log", "second 0\n");
  EXPECT_EQ(reader.ask(prompt("x")).text(), "good");
}

TEST(FieldFiles, AFileElsewhereIsRefusedAndTheSwitchRemovesIo) {
  Chain chain;
  {
    const Module module(chain.options());
    GenVm genvm(module.port(), hello_with_chain("/etc/passwd"));
    const Reply refused = genvm.ask(prompt("x"));
    EXPECT_EQ(refused.outcome(), "UserError NO_CHAIN");
    EXPECT_EQ(json::write(*refused.ctx.find("why")), R"("/etc/passwd: Permission denied")");
    const auto before = module.open_files();
    for (int i = 0; i < 20; ++i) (void)genvm.ask(prompt("x"));
    EXPECT_EQ(module.open_files(), before) << "nothing stays open";
  }
  const Module module(chain.options("script: {io: off}\n"));
  GenVm genvm(module.port(), hello_with_chain("/etc/passwd"));
  const Reply without = genvm.ask(prompt("x"));
  EXPECT_EQ(without.outcome(), "FatalError SCRIPT_ERROR");
  EXPECT_THAT(without.shown, HasSubstr("global 'io'"));
}

}  // namespace
}  // namespace gvm::e2e
