// An operator's script: what it asks of a provider, what it keeps, and what it reports as gen.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/json.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

// The prompt names the action.
constexpr std::string_view kScript = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")

local function ask(ctx, prompt, more)
  local request = { provider = "main", model = "m", format = "text", prompt = prompt }
  for key, value in pairs(more or {}) do request[key] = value end
  return llm.rs.exec_prompt_in_provider(ctx, request)
end

local acts = {}
function acts.extra(ctx)
  return ask(ctx, { user_message = "u", temperature = 0.25, images = {}, max_tokens = 77, seed = 42,
    extra = { top_k = 5, stop = { "b" }, nested = { a = { 1, 2 } }, model = "other" },
    extra_merge_strategy = { stop = "merge_right", model = "replace" } })
end
function acts.timeout(ctx)
  local ok, err = pcall(ask, ctx, { user_message = "hang", temperature = 0, images = {}, max_tokens = 5 },
    { timeout = 0.3 })
  local e = lib.rs.as_user_error(err)
  return { data = tostring(ok) .. " " .. e.causes[1] .. " " .. tostring(e.ctx.timeout) }
end
function acts.tokens(ctx)
  local answer = ask(ctx, { user_message = "u", temperature = 0, images = {}, max_tokens = 5 })
  local t = answer.tokens
  return { data = t.input .. "/" .. t.output .. "/" .. t.total, consumed_gen = t.total * 1000 }
end
function acts.exhaust() llm.exhaust() end
function acts.rat(_, gen) return { data = "rat", consumed_gen = gen * rat.new(1, 3) } end
function acts.huge(_, gen) return { data = tostring(gen), consumed_gen = gen } end
function acts.too_much(_, gen) return { data = "x", consumed_gen = gen + 1 } end
function acts.count(ctx) ctx.count = ctx.count + 1; return { data = tostring(ctx.count) } end
function acts.hello(ctx)
  return { data = ctx.host_data.tx_id .. " " .. ctx.host_data.extra .. " " .. tostring(ctx.role) }
end
function acts.raise() lib.rs.user_error { causes = { "MY_CODE", "why" }, fatal = false, ctx = { n = 1 } } end
function acts.raise_fatal() lib.rs.user_error { causes = { "MY_CODE" }, fatal = true, ctx = {} } end
function acts.bug() local nothing; return nothing.field end
function acts.no_answer() return 5 end
function acts.bare() return "text alone" end
function acts.wrong_type() return { data = { 1 } } end
function acts.get(ctx)
  local url = llm.rs.meta.url
  local answer = lib.rs.request(ctx, { method = "GET", url = url, headers = { ["x-a"] = "b" }, json = true })
  return { data = answer.status .. " " .. answer.body.said }
end

function Setup(ctx) ctx.count = 100 end
function Teardown(ctx)
  if ctx.count > 100 then
    lib.rs.request(ctx, { method = "POST", url = llm.rs.meta.url, headers = {}, body = "count " .. ctx.count })
  end
end
function ExecPrompt(ctx, args, gen) return acts[args.prompt](ctx, gen) end
function ExecPromptTemplate(ctx, args) return { data = args.template == "EqComparative" } end
)lua";

struct World {
  World()
      : upstream([](const HttpServer::Request& request) {
          if (request.target == "/notes") return HttpServer::Reply{.body = R"({"said": "hello"})"};
          if (request.body.find("\"hang\"") != std::string::npos)
            return HttpServer::Reply{.behaviour = HttpServer::Behaviour::hang};
          return HttpServer::Reply{.body = openai_answer("an answer")};
        }),
        module({.backends = backend_at(upstream.url("")),
                .script = std::string(kScript),
                .more = "meta: {url: \"" + upstream.url("/notes") + "\"}\n"}) {}
  Reply ask(std::string act) {
    GenVm genvm(module.port());
    return genvm.ask(prompt(std::move(act)));
  }
  HttpServer upstream;
  Module module;
};

TEST(OperatorScript, SamplingAndExtraReachTheProvider) {
  World world;
  EXPECT_EQ(world.ask("extra").text(), "an answer");
  const auto sent = text::parse_json(world.upstream.last_request().body).value();
  EXPECT_EQ(json::write(*sent.find("temperature")), "0.25");
  EXPECT_EQ(json::write(*sent.find("max_tokens")), "77");
  EXPECT_EQ(json::write(*sent.find("seed")), "42");
  EXPECT_EQ(json::write(*sent.find("top_k")), "5");
  EXPECT_EQ(json::write(*sent.find("stop")), R"(["b"])");
  EXPECT_EQ(json::write(*sent.find("nested")), R"({"a":[1,2]})");
  EXPECT_EQ(json::write(*sent.find("model")), R"("other")");
}

TEST(OperatorScript, ItsTimeoutEndsTheCallAndPcallSeesTheTypedError) {
  World world;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(world.ask("timeout").text(), "false DEADLINE_EXCEEDED total");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 300ms + 2000ms * kSlowness);
}

TEST(OperatorScript, SeesTokensAndSaysWhatWasConsumed) {
  World world;
  const Reply reply = world.ask("tokens");
  EXPECT_EQ(reply.text(), "11/5/16");
  EXPECT_EQ(reply.consumed, Integer(16000));
}

TEST(OperatorScript, ExhaustAnswersAnEmptyTextThatConsumesEverything) {
  World world;
  const Reply reply = world.ask("exhaust");
  EXPECT_EQ(reply.text(), "");
  EXPECT_EQ(reply.consumed.to_string(),
            "115792089237316195423570985008687907853269984665640564039457584007913129639935");
}

TEST(OperatorScript, ConsumedGenMayBeAFractionAndAsLargeAsFuelIs) {
  World world;
  GenVm genvm(world.module.port());
  const Reply third = genvm.ask(prompt("rat"));  // a third of 1,000,000, rounded down
  EXPECT_EQ(third.consumed, Integer(333'333)) << third.shown;
  const Integer most =
      Integer::parse(
          "115792089237316195423570985008687907853269984665640564039457584007913129639935")
          .value();
  const auto with_fuel = [&](std::string act) {
    return request("Prompt",
                   Value::fields("prompt", Value::string(std::move(act)), "images", Value::array()),
                   most);
  };
  const Reply huge = genvm.ask(with_fuel("huge"));
  EXPECT_EQ(huge.consumed, most) << huge.shown;
  EXPECT_EQ(huge.text(), most.to_string());
  EXPECT_EQ(genvm.ask(with_fuel("too_much")).outcome(), "FatalError SCRIPT_BAD_ANSWER");
}

TEST(OperatorScript, CtxLivesAsLongAsTheSessionAndNoLonger) {
  World world;
  {
    GenVm genvm(world.module.port());
    EXPECT_EQ(genvm.ask(prompt("count")).text(), "101");
    EXPECT_EQ(genvm.ask(prompt("count")).text(), "102");
    EXPECT_EQ(world.ask("count").text(), "101") << "another session has a ctx of its own";
    genvm.ws().send_close(1000);
    // Teardown sends a note to the upstream, with what the session has counted. The note of the
    // other session may come before or after it.
    const auto noted = [&] {
      const auto requests = world.upstream.requests();
      return std::ranges::any_of(requests, [](const auto& r) { return r.body == "count 102"; });
    };
    ASSERT_TRUE(eventually(noted, 20s)) << world.upstream.last_request().body;
  }
  EXPECT_EQ(world.ask("count").text(), "101") << "nothing is left of it";
}

TEST(OperatorScript, HasEveryFieldOfTheHello) {
  World world;
  EXPECT_EQ(world.ask("hello").text(), "0x1234 anything nil");
  GenVm second(world.module.port(), hello_c());
  EXPECT_EQ(second.ask(prompt("hello")).text(), "0x1234 anything validator");
}

TEST(OperatorScript, ErrorsReachTheHostTyped) {
  World world;
  GenVm genvm(world.module.port());
  const Reply raised = genvm.ask(prompt("raise"));
  EXPECT_EQ(raised.outcome(), "UserError MY_CODE");
  EXPECT_EQ(json::write(raised.ctx), R"({"n":1})");
  EXPECT_EQ(raised.causes.at(1), "why");
  EXPECT_EQ(genvm.ask(prompt("raise_fatal")).outcome(), "FatalError MY_CODE");
  const Reply bug = genvm.ask(prompt("bug"));
  EXPECT_EQ(bug.outcome(), "FatalError SCRIPT_ERROR");
  EXPECT_NE(bug.shown.find("script.lua:"), std::string::npos) << "says where: " << bug.shown;
  EXPECT_EQ(genvm.ask(prompt("no_answer")).outcome(), "FatalError SCRIPT_BAD_ANSWER");
  EXPECT_EQ(genvm.ask(prompt("wrong_type")).outcome(), "FatalError SCRIPT_BAD_ANSWER");
  EXPECT_EQ(genvm.ask(prompt("count")).text(), "101") << "the session goes on";
}

TEST(OperatorScript, ABareAnswerPassesAndIsLoggedOnce) {
  World world;
  EXPECT_EQ(world.ask("bare").text(), "text alone");
  EXPECT_EQ(world.ask("bare").text(), "text alone");
  ASSERT_TRUE(world.module.process().wait_for_line("answers the data alone", 10s));
  const auto log = world.module.process().out();
  const auto first = log.find("answers the data alone");
  EXPECT_EQ(log.find("answers the data alone", first + 1), log.npos) << log;
}

TEST(OperatorScript, RequestsOfItsOwnWork) {
  World world;
  EXPECT_EQ(world.ask("get").text(), "200 hello");
  EXPECT_EQ(world.upstream.last_request().header("x-a"), "b");
}

}  // namespace
}  // namespace gvm::e2e
