// Upstreams with faults: a typed error, within the configured time.
#include <gtest/gtest.h>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/neighbour.h"
#include "support/gzip.h"
#include "support/http_server.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using Behaviour = HttpServer::Behaviour;
using Clock = std::chrono::steady_clock;

// Passes the provider's error on unchanged.
constexpr std::string_view kOneCall = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local provider = args.prompt == "neighbour" and "good" or "main"
  return llm.rs.exec_prompt_in_provider(ctx, { provider = provider, model = "m", format = "text",
    prompt = { user_message = args.prompt, temperature = 0, images = {}, max_tokens = 10 } })
end
function ExecPromptTemplate() error("not here") end
)lua";

constexpr std::chrono::milliseconds kTimeout = 600ms;
// The limit is 250 ms; the rest allows for sanitizers and a busy machine.
constexpr std::chrono::milliseconds kLate = 250ms + 1000ms * kSlowness;

struct World {
  explicit World(const std::string& main_url, const std::string& timeouts = "timeout: 600ms")
      : good([](const HttpServer::Request&) {
          return HttpServer::Reply{.body = openai_answer("fine")};
        }),
        module({.backends = backend({.host = main_url, .more = timeouts}) +
                            backend({.name = "good", .host = good.url("")}),
                .script = std::string(kOneCall)}) {}
  HttpServer good;
  Module module;
};

struct Row {
  std::string name;
  HttpServer::Reply reply;
  std::string outcome;
};

std::vector<Row> rows() {
  const std::string body = openai_answer("some answer");
  return {
      {"hangs", {.behaviour = Behaviour::hang}, "DEADLINE_EXCEEDED"},
      {"hangs in its headers",
       {.body = body, .behaviour = Behaviour::hang_in_headers},
       "DEADLINE_EXCEEDED"},
      {"hangs in its body",
       {.body = body, .behaviour = Behaviour::hang_in_body},
       "DEADLINE_EXCEEDED"},
      {"drips", {.body = body, .behaviour = Behaviour::drip}, "DEADLINE_EXCEEDED"},
      {"cuts", {.behaviour = Behaviour::cut}, "SENDING_REQUEST|READING_BODY"},
      {"resets", {.behaviour = Behaviour::reset}, "SENDING_REQUEST|READING_BODY"},
      {"cuts in its headers",
       {.body = body, .behaviour = Behaviour::cut_in_headers},
       "SENDING_REQUEST|READING_BODY"},
      {"cuts in its body", {.body = body, .behaviour = Behaviour::cut_in_body}, "READING_BODY"},
      {"announces too much",
       {.body = body, .behaviour = Behaviour::length_too_long},
       "READING_BODY"},
      {"announces too little",
       {.body = body, .behaviour = Behaviour::length_too_short},
       "DESERIALIZING|READING_BODY"},
      {"is no HTTP",
       {.body = "\x15\x03\x01 hello", .behaviour = Behaviour::garbage},
       "SENDING_REQUEST|READING_BODY"},
      {"never ends its headers",
       {.behaviour = Behaviour::endless_headers},
       "SENDING_REQUEST|READING_BODY|DEADLINE_EXCEEDED"},
      {"answers no JSON", {.body = "<html></html>"}, "DESERIALIZING"},
      {"answers an empty body", {.body = ""}, "DESERIALIZING"},
      {"answers invalid UTF-8",
       {.body = R"({"choices":[{"message":{"content":")"
                "\xff\xfe"
                R"("}}]})"},
       "DESERIALIZING"},
      {"answers deep JSON", {.body = std::string(100'000, '[')}, "DESERIALIZING|TOO_DEEP"},
      {"answers another form", {.body = R"({"choices": "none"})"}, "DESERIALIZING"},
      {"moves permanently",
       {.status = 301, .headers = {{"location", "http://127.0.0.1:1/"}}},
       "STATUS_NOT_OK"},
      {"redirects",
       {.status = 307, .headers = {{"location", "/v1/chat/completions"}}},
       "STATUS_NOT_OK"},
      {"says 500", {.status = 500, .body = "oops"}, "STATUS_NOT_OK"},
      {"says 204", {.status = 204}, "STATUS_NOT_OK"},
  };
}

TEST(BadUpstream, IsATypedErrorWithinItsTimeout) {
  HttpServer::Reply reply;
  std::mutex mutex;
  HttpServer bad([&](const HttpServer::Request&) {
    const std::lock_guard lock(mutex);
    return reply;
  });
  World world(bad.url(""));
  Neighbour neighbour(world.module.port());
  GenVm genvm(world.module.port());
  for (const auto& row : rows()) {
    {
      const std::lock_guard lock(mutex);
      reply = row.reply;
    }
    const auto began = Clock::now();
    const Reply answer = genvm.ask(prompt(row.name));
    const auto spent = Clock::now() - began;
    EXPECT_EQ(answer.kind, "FatalError") << row.name << ": " << answer.shown;
    if (answer.kind != "FatalError") continue;
    EXPECT_NE(("|" + row.outcome + "|").find("|" + answer.causes.front() + "|"), std::string::npos)
        << row.name << ": " << answer.shown;
    EXPECT_LT(spent, kTimeout + kLate) << row.name;
  }
  neighbour.expect_on_time();
}

TEST(BadUpstream, ARedirectIsNotFollowed) {
  HttpServer elsewhere([](const HttpServer::Request&) {
    return HttpServer::Reply{.body = openai_answer("from elsewhere")};
  });
  HttpServer upstream([&](const HttpServer::Request&) {
    return HttpServer::Reply{.status = 302, .headers = {{"location", elsewhere.url("/")}}};
  });
  World world(upstream.url(""));
  GenVm genvm(world.module.port());
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_EQ(reply.outcome(), "FatalError STATUS_NOT_OK");
  EXPECT_EQ(*reply.ctx.find("status")->as_integer(), Integer(302));
  EXPECT_EQ(elsewhere.request_count(), 0u) << "the key would go there";
}

TEST(BadUpstream, RefusingAndUnacceptingPortsFailInTime) {
  const test::RefusingPort refusing;
  const test::UnacceptingPort unaccepting;
  for (const auto& url : {refusing.url(""), unaccepting.url("")}) {
    World world(url, "timeouts: {connect: 400ms}");
    GenVm genvm(world.module.port());
    const auto began = Clock::now();
    const Reply reply = genvm.ask(prompt("x"));
    EXPECT_TRUE(reply.outcome() == "FatalError SENDING_REQUEST" ||
                reply.outcome() == "FatalError DEADLINE_EXCEEDED")
        << reply.shown;
    EXPECT_LT(Clock::now() - began, 400ms + kLate) << url;
  }
}

TEST(BadUpstream, AnUnknownHostFailsTyped) {
  World world("http://no-such-host.invalid", "timeout: 20s, key: k");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).outcome(), "FatalError SENDING_REQUEST");
}

TEST(BadUpstream, FirstByteAndIdleTimeoutsAreKept) {
  HttpServer bad([](const HttpServer::Request& request) {
    const bool body = request.body.find("in the body") != std::string::npos;
    return HttpServer::Reply{.body = openai_answer("x"),
                             .behaviour = body ? Behaviour::hang_in_body : Behaviour::hang};
  });
  World world(bad.url(""), "timeouts: {first_byte: 300ms, idle: 400ms, total: 60s}");
  GenVm genvm(world.module.port());
  for (const auto& [text, timeout] :
       {std::pair{"before anything", "first_byte"}, std::pair{"in the body", "idle"}}) {
    const auto began = Clock::now();
    const Reply reply = genvm.ask(prompt(text));
    EXPECT_EQ(reply.outcome(), "FatalError DEADLINE_EXCEEDED") << reply.shown;
    ASSERT_NE(reply.ctx.find("timeout"), nullptr) << reply.shown;
    EXPECT_EQ(reply.ctx.find("timeout")->as_string(), timeout);
    EXPECT_LT(Clock::now() - began, 400ms + kLate);
  }
}

// One gibibyte of spaces in about a megabyte.
std::string gzip_bomb() {
  std::string plain(64 << 20, ' ');
  return test::gzip(plain);
}

TEST(BadUpstream, ACompressedBombStopsAtTheBodysLimit) {
  const std::string bomb = gzip_bomb();
  HttpServer bad([&](const HttpServer::Request&) {
    return HttpServer::Reply{.headers = {{"content-encoding", "gzip"}}, .body = bomb};
  });
  World world(bad.url(""), "timeout: 60s");
  Neighbour neighbour(world.module.port());
  GenVm genvm(world.module.port());
  const std::size_t before = world.module.resident_bytes();
  const Reply reply = genvm.ask(prompt("x"));
  EXPECT_TRUE(reply.outcome() == "FatalError READING_BODY" ||
              reply.outcome() == "FatalError DESERIALIZING")
      << reply.shown;
#ifndef GVM_SANITIZED
  EXPECT_LT(world.module.resident_bytes(), before + (80u << 20));
#else
  (void)before;
#endif
  neighbour.expect_on_time();
}

TEST(BadUpstream, ABodyOverItsLimitIsNotRead) {
  const std::string huge(40 << 20, ' ');
  HttpServer bad([&](const HttpServer::Request&) {
    return HttpServer::Reply{.body = huge, .behaviour = Behaviour::until_close};
  });
  World world(bad.url(""), "timeout: 60s");
  GenVm genvm(world.module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).outcome(), "FatalError READING_BODY");
}

TEST(BadUpstream, AConnectionClosedBetweenRequestsIsNoError) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("fine")}; });
  World world(upstream.url(""), "timeout: 20s");
  GenVm genvm(world.module.port());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "fine") << i;
    upstream.close_idle_connections();
  }
}

}  // namespace
}  // namespace gvm::e2e
