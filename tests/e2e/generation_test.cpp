// The differences between the generations of GenVM (wire.md), in every form that hosts see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/json.h"
#include "calldata/decode.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/web.h"
#include "support/http_server.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

constexpr const char* kScript = R"lua(
local lib = require("lib-genvm")
local acts = {}
function acts.fuel(_, remaining) return { data = (math.type(remaining) or "rat") .. " " .. tostring(remaining) } end
function acts.arithmetic(_, remaining)
  return { data = string.format("%d %s %s", math.floor(remaining), tostring(remaining == 0), tonumber(remaining)) }
end
function acts.fatal()
  lib.rs.user_error { causes = { "NO_PROVIDER_FOR_PROMPT" }, fatal = true, ctx = {
    primary_error = { model = "m \"1\"", provider = "p", status = 429, error_message = "line\nanother é" },
    fallback_error = { model = "m-2", status = 503 } } }
end
function acts.refuse() lib.rs.user_error { causes = { "EMPTY_PROMPT" }, fatal = false, ctx = {} } end
function acts.json() return { data = { n = 1, list = { true } } } end
function ExecPrompt(ctx, args, remaining) return acts[args.prompt](ctx, remaining) end
function ExecPromptTemplate() return { data = true } end
)lua";

struct Spoken {
  const char* name;
  Value (*hello)();
};

class Generation : public testing::TestWithParam<Spoken> {
 protected:
  Generation() : module_({.script = kScript, .arguments = {"--allow-empty-backends"}}) {}
  GenVm connect() const { return GenVm(module_.port(), GetParam().hello()); }
  bool is(std::string_view name) const { return name == GetParam().name; }
  Reply with_fuel(std::string act, Integer fuel, std::string_view field = "remaining_fuel_as_gen") {
    GenVm genvm = connect();
    Value payload = Value::fields("prompt", Value::string(std::move(act)));
    return genvm.ask(Value::fields(
        "Prompt", Value::fields("payload", std::move(payload), field, Value::integer(fuel))));
  }
  // The text of a FatalError, as the host gets it.
  std::string fatal_text(const std::string& act) {
    GenVm genvm = connect();
    genvm.send(prompt(act));
    const auto message = genvm.ws().receive();  // the decoded value borrows from it
    const auto reply = calldata::decode(*message);
    return std::string(reply->find("FatalError")->as_string().value());
  }

  Module module_;
};

INSTANTIATE_TEST_SUITE_P(OfGenVm, Generation,
                         testing::Values(Spoken{"a", hello_a}, Spoken{"b", hello_b},
                                         Spoken{"c", hello_c}),
                         [](const auto& each) { return each.param.name; });

TEST_P(Generation, ScriptsCalculateWithTheFuelAsTheyAreUsedTo) {
  const bool rat = is("c");
  EXPECT_EQ(with_fuel("fuel", Integer(1000)).text(), rat ? "rat 1000" : "integer 1000");
  const Integer most(std::int64_t{9223372036854775807});
  EXPECT_EQ(with_fuel("fuel", most).text(), (rat ? "rat " : "integer ") + most.to_string());
  EXPECT_EQ(with_fuel("fuel", Integer::pow2(63)).text(), "rat " + Integer::pow2(63).to_string());
  if (!rat) {
    EXPECT_EQ(with_fuel("arithmetic", Integer(7)).text(), "7 false 7");
  }
}

TEST_P(Generation, TheFuelHasEitherName) {
  EXPECT_THAT(with_fuel("fuel", Integer(5), "remaining_time_fee_gen_wei").text(),
              testing::EndsWith(" 5"));
}

TEST_P(Generation, AFatalErrorHasTheFormThatHostsRead) {
  const std::string text = fatal_text("fatal");
  if (is("c")) {
    const auto json = text::parse_json(text);
    ASSERT_TRUE(json) << text;
    EXPECT_THAT(text, testing::StartsWith(R"({"causes":["NO_PROVIDER_FOR_PROMPT"],"fatal":true,)"));
    return;
  }
  EXPECT_EQ(text, R"(ModuleError { causes: ["NO_PROVIDER_FOR_PROMPT"], fatal: true, ctx: )"
                  R"({"fallback_error": Map({"model": Str("m-2"), "status": Number(503.0)}), )"
                  R"("primary_error": Map({"error_message": Str("line\nanother é"), )"
                  R"("model": Str("m \"1\""), "provider": Str("p"), "status": Number(429.0)})} })");
  std::smatch found;
  ASSERT_TRUE(
      std::regex_search(text, found, std::regex(R"re(causes:\s*\["([A-Z_][A-Z0-9_]*)")re")));
  EXPECT_EQ(found[1], "NO_PROVIDER_FOR_PROMPT");
  ASSERT_TRUE(std::regex_search(text, found, std::regex(R"(fatal:\s*(true|false))")));
  EXPECT_EQ(found[1], "true");
}

TEST_P(Generation, AUserErrorHasExactlyOneCause) {
  GenVm genvm = connect();
  EXPECT_THAT(genvm.ask(prompt("refuse")).causes, testing::ElementsAre("EMPTY_PROMPT"));
  const Reply image = genvm.ask(prompt("fuel", {"no image"}));
  EXPECT_THAT(image.causes, testing::ElementsAre("INVALID_IMAGE"));
  EXPECT_NE(image.ctx.find("detail"), nullptr) << image.shown;
}

TEST_P(Generation, JsonPromptsAnswerAMapOrText) {
  GenVm genvm = connect();
  const Reply reply = genvm.ask(json_prompt("json"));
  if (is("c"))
    EXPECT_EQ(reply.text(), R"({"list":[true],"n":1})");
  else
    EXPECT_EQ(json::write(reply.data), R"({"list":[true],"n":1})");
}

TEST_P(Generation, GetStatsAnswersTheSessionsCounters) {
  GenVm genvm = connect();
  (void)genvm.ask(prompt("fuel"));
  (void)genvm.ask(prompt("refuse"));
  const Reply stats = genvm.ask(Value::string("GetStats"));
  ASSERT_TRUE(stats.ok()) << stats.shown;
  EXPECT_EQ(json::write(stats.data),
            R"({"consumed_gen":0,"fatal_errors":0,"requests":2,"user_errors":1})");
  const Reply as_map = genvm.ask(Value::fields("GetStats", Value::null()));
  EXPECT_EQ(as_map.data, stats.data);
}

TEST(GenerationB, ConnectsWithoutARole) {
  const Module module({.script = kScript, .arguments = {"--allow-empty-backends"}});
  GenVm genvm(module.port(), Value::fields("genvm_id", Value::integer(3), "host_data", Value::map(),
                                           "something", Value::string("new")));
  EXPECT_EQ(genvm.ask(prompt("fuel")).text(), "integer 1000000");
}

// The web module, for hosts of every generation.

constexpr const char* kWebScript = R"lua(
local lib = require("lib-genvm")
function Request() return { status = 200, headers = {}, body = "" } end
function Render(_, payload) return { text = tostring(payload.wait_after_loaded) } end
)lua";

Reply ask_web(const Module& module, const Spoken& spoken, const Value& request) {
  GenVm genvm(module.port(), spoken.hello());
  return genvm.ask(request);
}

constexpr Spoken kAll[] = {{"a", hello_a}, {"b", hello_b}, {"c", hello_c}};

TEST(GenerationWeb, LongWaitsAreCutAndStatsAreAnswered) {
  ModuleOptions options = web_options("max_wait_after_loaded: 3s\n");
  options.script = kWebScript;
  const Module module(options);
  for (const auto& spoken : kAll) {
    for (const char* wait : {"4s", "3600s", "99999999999999999999ms"}) {
      const Reply reply = ask_web(module, spoken, render("http://a.example/", "text", wait));
      EXPECT_EQ(page_text(reply), "3.0") << spoken.name << wait << reply.shown;
    }
    EXPECT_EQ(page_text(ask_web(module, spoken, render("http://a.example/", "text", "1.5s"))),
              "1.5");
    EXPECT_EQ(json::write(ask_web(module, spoken, Value::string("GetStats")).data),
              R"({"fatal_errors":0,"renders":0,"requests":0,"user_errors":0,"web_requests":0})");
  }
}

TEST(GenerationWeb, UrlErrorsNameWhatWasWrong) {
  const Module module(web_options());
  struct Row {
    const char* url;
    const char* code;
    const char* key;
    const char* fact;
  };
  for (const auto& spoken : kAll) {
    for (const Row& row :
         {Row{"http://", "MALFORMED_URL", "url", R"("http://")"},
          Row{"ftp://example.com/", "SCHEMA_FORBIDDEN", "schema", R"("ftp")"},
          Row{"http://example.com:23/", "PORT_FORBIDDEN", "port", "23"},
          Row{"http://example.nowhere/", "TLD_FORBIDDEN", "tld", R"("nowhere")"}}) {
      for (const Value& request : {get(row.url), render(row.url)}) {
        const Reply reply = ask_web(module, spoken, request);
        EXPECT_EQ(reply.kind, "UserError") << reply.shown;
        EXPECT_THAT(reply.causes, testing::ElementsAre(row.code)) << reply.shown;
        ASSERT_NE(reply.ctx.find("url"), nullptr) << reply.shown;
        ASSERT_NE(reply.ctx.find(row.key), nullptr) << reply.shown;
        EXPECT_EQ(json::write(*reply.ctx.find(row.key)), row.fact) << reply.shown;
      }
    }
  }
}

// wire.md, issue 12: C signs the scheme, A and B do not; a key forces one form for every session.
TEST(GenerationWeb, TheSignersProfileIsTheSessionsUnlessOneIsForced) {
  HttpServer signer([](const HttpServer::Request&) { return HttpServer::Reply{.body = "bytes"}; });
  HttpServer server([](const HttpServer::Request&) { return HttpServer::Reply{}; });
  const auto covered = [&](const Module& module, const Spoken& spoken) {
    const Reply reply = ask_web(module, spoken, web_request({.url = server.url(), .sign = true}));
    EXPECT_TRUE(reply.ok()) << reply.shown;
    return server.last_request().header("signature-input");
  };
  const auto with_scheme =
      testing::StartsWith(R"(genvm=("@method" "@scheme" "@authority" "@path")");
  const auto without = testing::StartsWith(R"(genvm=("@method" "@authority" "@path")");
  const std::string settings = "signer_url: \"" + signer.url("/sign") + "\"\n";
  const Module usual(web_options(settings));
  const Module forced_c(web_options(settings + "signing: {genlayer_profile: c}\n"));
  const Module forced_b(web_options(settings + "signing: {genlayer_profile: b}\n"));
  for (const auto& spoken : kAll) {
    if (std::string_view(spoken.name) == "c")
      EXPECT_THAT(covered(usual, spoken), with_scheme);
    else
      EXPECT_THAT(covered(usual, spoken), without) << spoken.name;
    EXPECT_THAT(covered(forced_c, spoken), with_scheme) << spoken.name;
    EXPECT_THAT(covered(forced_b, spoken), without) << spoken.name;
  }
}

}  // namespace
}  // namespace gvm::e2e
