// A script that does not end by itself ends its own session, with a typed error and close code
// 1011, and no other session.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/neighbour.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

constexpr std::string_view kScript = R"lua(
local llm = require("lib-llm")
local acts = {}
function acts.loop() while true do end end
function acts.recursion() local function f() return 1 + f() end return { data = tostring(f()) } end
function acts.pcall_loop() while true do pcall(function() while true do end end) end end
function acts.handler_loop()
  while true do xpcall(error, function() while true do end end) end
end
function acts.coroutine_loop()
  while true do coroutine.wrap(function() while true do end end)() end
end
function acts.memory() local t = {} for i = 1, math.huge do t[i] = ("x"):rep(100000) .. i end end
function acts.string() local s = "x" while true do s = s .. s end end
function acts.pcall_memory()
  local keep = {}
  while true do pcall(function() for i = 1, math.huge do keep[#keep + 1] = ("y"):rep(10000) .. i end end) end
end
function acts.pattern() return { data = tostring(("a"):rep(60000):find((".-"):rep(30) .. "b")) } end
function acts.sort()
  local t = {} for i = 1, 1000 do t[i] = i end
  table.sort(t, function() while true do end end)
end
function acts.tostring() return { data = tostring(setmetatable({}, { __tostring = function() while true do end end })) } end
function acts.gsub() return { data = (("x"):gsub(".", function() while true do end end)) } end
function acts.fine() return { data = "fine" } end

function ExecPrompt(ctx, args)
  local act = acts[args.prompt]
  if act then return act() end
  return llm.rs.exec_prompt_in_provider(ctx, { provider = "main", model = "m", format = "text",
    prompt = { user_message = args.prompt, temperature = 0, images = {}, max_tokens = 10 } })
end
function ExecPromptTemplate() error("not here") end
function Teardown() while true do end end
)lua";

struct World {
  World()
      : upstream([](const HttpServer::Request&) {
          return HttpServer::Reply{.body = openai_answer("fine")};
        }),
        module({.backends = backend_at(upstream.url("")),
                .script = std::string(kScript),
                .more = "script: {memory: 16MiB, cpu_total: 300ms}\n"}) {}
  HttpServer upstream;
  Module module;
};

struct Row {
  std::string act;
  std::string outcome;
  friend void PrintTo(const Row& row, std::ostream* out) { *out << row.act; }
};

class Runaway : public ::testing::TestWithParam<Row> {};

TEST_P(Runaway, EndsItsSessionAndNoOther) {
  World world;
  Neighbour neighbour(world.module.port());
  for (int i = 0; i < 4; ++i) {  // on both lanes
    GenVm genvm(world.module.port());
    EXPECT_EQ(genvm.ask(prompt("fine")).text(), "fine");
    const Reply reply = genvm.ask(prompt(GetParam().act));
    EXPECT_EQ(reply.outcome(), GetParam().outcome) << reply.shown;
    EXPECT_EQ(genvm.ws().receive_close(), 1011);
    EXPECT_EQ(genvm.ws().receive(), std::nullopt);
  }
  neighbour.expect_on_time();
  EXPECT_TRUE(world.module.wait_for_sessions(0));
}

INSTANTIATE_TEST_SUITE_P(Scripts, Runaway,
                         ::testing::Values(Row{"loop", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"pcall_loop", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"handler_loop", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"coroutine_loop", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"sort", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"tostring", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"gsub", "FatalError SCRIPT_CPU_LIMIT"},
                                           Row{"memory", "FatalError SCRIPT_MEMORY_LIMIT"},
                                           Row{"string", "FatalError SCRIPT_MEMORY_LIMIT"},
                                           Row{"pcall_memory", "FatalError SCRIPT_MEMORY_LIMIT"}),
                         [](const auto& row) { return row.param.act; });

TEST(RunawayScript, DeepRecursionIsAnOrdinaryErrorOrALimit) {
  World world;
  GenVm genvm(world.module.port());
  const Reply reply = genvm.ask(prompt("recursion"));
  EXPECT_EQ(reply.kind, "FatalError");
  EXPECT_TRUE(reply.causes.front().starts_with("SCRIPT_")) << reply.shown;
}

TEST(RunawayScript, APatternBombEndsInTime) {
  World world;
  Neighbour neighbour(world.module.port());
  GenVm genvm(world.module.port());
  const Reply reply = genvm.ask(prompt("pattern"));
  EXPECT_EQ(reply.kind, "FatalError") << reply.shown;
  neighbour.expect_on_time();
}

TEST(RunawayScript, AWaitingPipelineIsDroppedWithIt) {
  World world;
  GenVm genvm(world.module.port());
  genvm.send(prompt("loop"));
  genvm.send(prompt("fine"));
  EXPECT_EQ(genvm.receive().outcome(), "FatalError SCRIPT_CPU_LIMIT");
  EXPECT_EQ(genvm.ws().receive_close(), 1011);
  EXPECT_EQ(genvm.ws().receive(), std::nullopt);
}

TEST(RunawayScript, TheOtherFramingIsClosedToo) {
  World world;
  auto client = test::WireClient::tcp(world.module.port());
  client.send_frame(encode(hello_a()));
  client.send_frame(encode(prompt("loop")));
  EXPECT_EQ(parse_reply(client.receive_frame().value()).outcome(), "FatalError SCRIPT_CPU_LIMIT");
  EXPECT_TRUE(client.closed_within(10s));
}

TEST(RunawayScript, ATeardownThatNeverEndsHoldsNobodyUp) {
  World world;
  {
    GenVm genvm(world.module.port());
    EXPECT_EQ(genvm.ask(prompt("fine")).text(), "fine");
    genvm.ws().send_close(1000);
    EXPECT_TRUE(world.module.wait_for_sessions(0, 10s));
  }
  GenVm next(world.module.port());
  EXPECT_EQ(next.ask(prompt("fine")).text(), "fine");
}

}  // namespace
}  // namespace gvm::e2e
