// A policy engine of an operator, in files of its own: it selects models, fails over, waits and
// remembers by itself, and uses the module for single steps only.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

#include "e2e/mocks.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;
using testing::HasSubstr;

constexpr std::string_view kScript = R"lua(
local llm = require("lib-llm")
local engine = require("policy.engine")

function Setup(ctx) engine.begin(ctx) end
function ExecPrompt(ctx, args) return engine.run(ctx, llm.exec_prompt_transform(args)) end
function ExecPromptTemplate(ctx, args) return engine.run(ctx, llm.exec_prompt_template_transform(args)) end
)lua";

constexpr std::string_view kEngine = R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
local clock = require("policy.util.clock")
local health = require("policy.health")

local M = { prompts = 0 }

function M.begin(ctx) ctx.engine = { began = clock.now() } end

local function order(format)
  local list = {}
  for provider, entry in pairs(llm.providers) do
    for model, settings in pairs(entry.models) do
      if format == "text" or settings.supports_json then
        list[#list + 1] = { provider = provider, model = model, rank = entry.meta.priority or 0 }
      end
    end
  end
  table.sort(list, function(a, b) return a.rank > b.rank end)
  return list
end

-- What pcall says, through a second one and through error(): the type must survive.
local function step(ctx, candidate, mapped)
  return pcall(function()
    local ok, answer = pcall(llm.rs.exec_prompt_in_provider, ctx, { provider = candidate.provider,
      model = candidate.model, format = mapped.format, prompt = mapped.prompt, timeout = 5 })
    if not ok then error(answer, 0) end
    return answer
  end)
end

function M.run(ctx, mapped)
  M.prompts = M.prompts + 1
  local trail = {}
  local began = clock.now()
  for _, candidate in ipairs(order(mapped.format)) do
    if health.usable(candidate) then
      local ok, answer = step(ctx, candidate, mapped)
      if ok then
        health.good(candidate)
        trail[#trail + 1] = candidate.provider .. ":ok"
        local said = type(answer.data) == "string" and answer.data:match("^%a+") or tostring(answer.data)
        return { data = ("%d %s %s %s"):format(M.prompts, table.concat(trail, ","), said,
          tostring(clock.now() >= began and began >= ctx.engine.began)), consumed_gen = answer.consumed_gen }
      end
      local typed = lib.rs.as_user_error(answer)
      if typed == nil then error(answer) end
      trail[#trail + 1] = candidate.provider .. ":" .. (typed.ctx.status
        and llm.provider_http_error_description(typed.ctx.status) or typed.causes[1])
      health.bad(candidate)
      lib.rs.sleep_seconds(0.01)
    else
      trail[#trail + 1] = candidate.provider .. ":rests"
    end
  end
  lib.rs.user_error { causes = { "ENGINE_GAVE_UP", table.concat(trail, ",") }, fatal = false,
    ctx = { trail = trail, ms = clock.now() - began } }
end

return M
)lua";

constexpr std::string_view kHealth = R"lua(
local clock = require("policy.util.clock")
local REST_MS = 1500
local rests = {}  -- of the session this Lua state belongs to

local function key(candidate) return candidate.provider .. "/" .. candidate.model end

return {
  usable = function(candidate)
    local until_ms = rests[key(candidate)]
    return until_ms == nil or clock.now() >= until_ms
  end,
  good = function(candidate) rests[key(candidate)] = nil end,
  bad = function(candidate) rests[key(candidate)] = clock.now() + REST_MS end,
}
)lua";

constexpr std::string_view kClock = R"lua(
local lib = require("lib-genvm")
return { now = function() return lib.rs.monotonic_ms() end }
)lua";

struct World {
  World() {
    std::filesystem::create_directories(files.file("policy/util"));
    files.write("policy/engine.lua", kEngine);
    files.write("policy/health.lua", kHealth);
    files.write("policy/util/clock.lua", kClock);
    module.emplace(ModuleOptions{
        .backends =
            backend_of(first, "first", 3) + backend_of(second, "second", 2) +
            backend({.name = "third", .host = third.url(), .models = "{m: {}}", .priority = 1}),
        .script = std::string(kScript),
        .more = "extra_lua_path: \"" + files.file("?.lua") + "\"\n"});
  }
  MockUpstream first{{.name = "first"}}, second{{.name = "second"}}, third{{.name = "third"}};
  TempFolder files;
  std::optional<Module> module;
};

TEST(PolicyEngine, DrivesSingleStepsAndRemembersWithinItsSession) {
  World world;
  always(world.first, "status_500");
  GenVm genvm(world.module->port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "1 first:server_error,second:ok second true");
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "2 first:rests,second:ok second true");
  GenVm other(world.module->port());
  EXPECT_EQ(other.ask(prompt("x")).text(), "1 first:server_error,second:ok second true")
      << "another session has modules of its own";
}

TEST(PolicyEngine, ItsClockBringsACandidateBack) {
  World world;
  always(world.first, "status_503");
  GenVm genvm(world.module->port());
  EXPECT_THAT(genvm.ask(prompt("x")).text(), HasSubstr("first:server_error,second:ok"));
  must_take(world.first, R"({"rules": []})");
  std::string last;
  EXPECT_TRUE(eventually(
      [&] { return (last = genvm.ask(prompt("x")).text()).ends_with(" first:ok first true"); },
      10s))
      << last;
}

TEST(PolicyEngine, SeesEveryKindOfFailureAsATypedError) {
  struct Row {
    std::string fault;
    std::string told;
  };
  const Row rows[] = {
      {"status_401", "first:auth_error"},         {"status_404", "first:model_unavailable"},
      {"status_429_seconds", "first:rate_limit"}, {"cut_after_request", "first:SENDING_REQUEST"},
      {"cut_in_body", "first:READING_BODY"},      {"no_choices", "first:DESERIALIZING"},
  };
  World world;
  for (const auto& row : rows) {
    always(world.first, row.fault);
    GenVm genvm(world.module->port());
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "1 " + row.told + ",second:ok second true")
        << row.fault;
  }
}

TEST(PolicyEngine, GivesUpWithAnErrorOfItsOwnAndTheSessionGoesOn) {
  World world;
  for (auto* upstream : {&world.first, &world.second, &world.third})
    always(*upstream, "status_500");
  GenVm genvm(world.module->port());
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "UserError ENGINE_GAVE_UP") << reply.shown;
  EXPECT_EQ(reply.causes.at(1), "first:server_error,second:server_error,third:server_error");
  must_take(world.third, R"({"rules": []})");
  EXPECT_TRUE(eventually([&] { return genvm.ask(prompt("x")).ok(); }, 10s));
}

TEST(PolicyEngine, AnswersTemplatesWithModelsThatCanDoJson) {
  World world;
  always(world.first, "status_500");
  GenVm genvm(world.module->port());
  EXPECT_EQ(genvm.ask(compare("a", "b")).shown.find("ENGINE_GAVE_UP"), std::string::npos);
  always(world.second, "status_500");
  GenVm other(world.module->port());
  const Reply reply = other.ask(json_prompt("x"));
  EXPECT_EQ(reply.causes.at(1), "first:server_error,second:server_error") << "third has no JSON";
}

// Sessions whose calls overlap, some of them failing: no session gets the data of another.
TEST(PolicyEngine, ManySessionsSuspendedAtOnceStayApart) {
  World world;
  must_take(
      world.first,
      R"({"latency": {"uniform": [1, 80]}, "rules": [{"when": {"rate": 0.5}, "fault": "status_500"}]})");
  must_take(world.second, R"({"latency": {"uniform": [1, 80]}})");
  auto sessions = open_sessions(world.module->port(), 20);
  for (int round = 1; round <= 3; ++round) {
    for (const auto& reply : ask_all(sessions, prompt("x"))) {
      const std::string text = reply.text();
      EXPECT_TRUE(text.starts_with(std::to_string(round) + " ")) << text;
      EXPECT_TRUE(text.ends_with("first:ok first true") || text.ends_with("second:ok second true"))
          << text;
    }
  }
}

}  // namespace
}  // namespace gvm::e2e
