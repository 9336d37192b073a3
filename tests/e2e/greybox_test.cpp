// What `greybox` draws is what is sent, what the decision record says, and what scripts see.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <mutex>
#include <set>

#include "e2e/genvm.h"
#include "e2e/reload.h"
#include "support/http_server.h"
#include "support/paths.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

using test::Finished;
using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Value parsed(const std::string& text) {
  auto value = text::parse_json(text);
  if (!value) throw std::runtime_error("no JSON: " + text);
  return std::move(*value);
}

std::string text_at(const Value& value, std::string_view pointer) {
  return std::string(text::string_at(value, pointer).value_or("?"));
}

// Answers every prompt; keeps the bodies.
class Upstream {
 public:
  const HttpServer& server() const { return server_; }
  std::string backend(std::string name) const {
    return e2e::backend({.name = std::move(name), .host = server_.url("")});
  }
  std::vector<Value> bodies() const {
    std::vector<Value> all;
    for (const auto& request : server_.requests()) all.push_back(parsed(request.body));
    return all;
  }

 private:
  HttpServer server_{[](const HttpServer::Request& request) {
    return HttpServer::Reply{.body = answer_for(request.target, "seen")};
  }};
};

// The shipped script's way, but the answer is the id of the decision record.
constexpr std::string_view kRecordScript = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local mapped = llm.exec_prompt_transform(args)
  local temperature = mapped.prompt.temperature
  mapped.prompt.temperature = nil
  local answer = llm.rs.exec_prompt(ctx, { prompt = mapped.prompt, format = mapped.format,
    defaults = { temperature = temperature } })
  return { data = answer.record, consumed_gen = 0 }
end
function ExecPromptTemplate() error("not in this test") end
)lua";

std::string everything(const std::string& seed) {
  return "greybox:\n  seed: " + seed + R"(
  text:
    models: [{backend: a, weight: 2}, b]
    temperature: {min: 0.2, max: 0.9}
    top_p: {min: 0.8, max: 1}
    provider_seed: {min: 1, max: 1000000}
    phrasings:
      - {system: "Be exact.", sections: ["Do what stands between #{open} and #{close}.", "#{open}\n#{prompt}\n#{close}"], shuffle: true}
      - {sections: "Q: #{prompt}"}
    filters: [{filter: NormalizeWS, probability: 0.5}]
)";
}

constexpr std::string_view kPrompt = "two   plus two #{prompt} #{open} %1";

// What of a body was drawn.
struct Sent {
  std::optional<double> temperature;
  std::optional<double> top_p;
  std::optional<std::int64_t> seed;
  std::string system;
  std::string user;
};

std::optional<double> number_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  if (found == nullptr) return std::nullopt;
  return found->as_real() ? *found->as_real() : found->as_integer()->to_double();
}

// A text, or a list of parts with one text.
std::string words_of(const Value& message) {
  const auto whole = text::string_at(message, "/content");
  return whole ? std::string(*whole) : text_at(message, "/content/0/text");
}

Sent sent_in(const Value& body) {
  Sent sent;
  sent.temperature = number_at(body, "temperature");
  sent.top_p = number_at(body, "top_p");
  sent.seed = text::integer_at(body, "/seed");
  for (const auto& message : *body.find("messages")->as_array())
    (text_at(message, "/role") == "system" ? sent.system : sent.user) = words_of(message);
  return sent;
}

// The user text that the record describes.
std::string described(const Value& drawn) {
  const bool filtered = drawn.find("filters") != nullptr;
  const std::string words = filtered ? "two plus two #{prompt} #{open} %1" : std::string(kPrompt);
  if (*text::integer_at(drawn, "/phrasing") == 2) return "Q: " + words;
  const auto open = text_at(drawn, "/open"), close = text_at(drawn, "/close");
  const std::string first = "Do what stands between " + open + " and " + close + ".";
  const std::string second = open + "\n" + words + "\n" + close;
  const bool in_order = *text::integer_at(drawn, "/sections/0") == 1;
  return in_order ? first + "\n\n" + second : second + "\n\n" + first;
}

TEST(GreyboxModule, WhatIsSentIsWhatTheRecordSays) {
  Upstream a, b;
  Module module({.backends = a.backend("a") + b.backend("b"),
                 .script = std::string(kRecordScript),
                 .more = everything("random")});
  constexpr std::size_t kPrompts = 12;
  std::vector<std::string> records;
  std::vector<Value> bodies;
  std::vector<std::string> backends;
  {
    GenVm genvm(module.port());
    for (std::size_t i = 0; i < kPrompts; ++i) {
      const auto before = a.server().request_count();
      records.push_back(genvm.ask(prompt(std::string(kPrompt))).text());
      const bool by_a = a.server().request_count() > before;
      bodies.push_back(parsed((by_a ? a : b).server().last_request().body));
      backends.emplace_back(by_a ? "a/m" : "b/m");
    }
  }
  module.process().signal(SIGTERM);
  ASSERT_EQ(module.process().wait_exit(60s), 0);
  const auto config = module.folder().file("config.yaml");
  std::set<std::string> phrasings;
  for (std::size_t i = 0; i < kPrompts; ++i) {
    const auto shown = test::run_program(
        {program("genvm-modules"), "explain", records[i], "--config", config, "--json"});
    ASSERT_EQ(shown.exit_code, 0) << shown.err;
    const Value record = parsed(shown.out);
    const Value* found = record.find("greybox");
    ASSERT_NE(found, nullptr) << shown.out;
    const Value& drawn = *found;
    const Sent sent = sent_in(bodies[i]);
    EXPECT_EQ(text_at(drawn, "/kind"), "text");
    EXPECT_EQ(text::integer_at(drawn, "/n"), static_cast<std::int64_t>(i + 1));
    EXPECT_EQ(text_at(drawn, "/models/0/0"), backends[i]);
    EXPECT_EQ(number_at(drawn, "temperature"), sent.temperature);
    EXPECT_EQ(number_at(drawn, "top_p"), sent.top_p);
    EXPECT_EQ(text::integer_at(drawn, "/provider_seed"), sent.seed);
    EXPECT_EQ(sent.user, described(drawn)) << shown.out;
    EXPECT_EQ(sent.system, text::integer_at(drawn, "/phrasing") == 1 ? "Be exact." : "");
    phrasings.insert(described(drawn));
    EXPECT_LE(shown.out.size(), 2'049u);
  }
  EXPECT_GT(phrasings.size(), 1u) << "prompts of a session differ";
  const auto told =
      test::run_program({program("genvm-modules"), "explain", records[0], "--config", config});
  EXPECT_THAT(told.out, AllOf(HasSubstr("a/m (66.7 %)"), HasSubstr("b/m (33.3 %)"),
                              HasSubstr("drawn for a prompt of the kind text")));
  const auto again =
      test::run_program({program("genvm-modules"), "replay", records[0], "--config", config});
  EXPECT_EQ(again.out, "the same choice comes out\n") << again.err;
}

// What the prompts of one session became, on both backends.
std::vector<std::string> session_of(std::uint16_t port, const Upstream& a, const Upstream& b,
                                    const Value& hello = hello_a()) {
  GenVm genvm(port, hello);
  std::vector<std::string> all;
  for (int i = 0; i < 6; ++i) {
    const auto before = a.server().request_count();
    (void)genvm.ask(prompt(std::string(kPrompt)));
    const bool by_a = a.server().request_count() > before;
    all.push_back((by_a ? "a " : "b ") + (by_a ? a : b).server().last_request().body);
  }
  return all;
}

TEST(GreyboxModule, SessionsDifferWithRandomSeedsAndAgreeWithAFixedOne) {
  Upstream a, b;
  const auto backends = a.backend("a") + b.backend("b");
  Module random({.backends = backends, .more = everything("random")});
  EXPECT_NE(session_of(random.port(), a, b), session_of(random.port(), a, b));
  Module fixed({.backends = backends, .more = everything("7")});
  const auto first = session_of(fixed.port(), a, b);
  EXPECT_EQ(session_of(fixed.port(), a, b), first) << "of the same module";
  EXPECT_EQ(session_of(fixed.port(), a, b, hello_c()), first) << "whatever the host says";
  Module other({.backends = backends, .more = everything("7")});
  EXPECT_EQ(session_of(other.port(), a, b), first) << "of another module";
  Module eight({.backends = backends, .more = everything("8")});
  EXPECT_NE(session_of(eight.port(), a, b), first);
}

TEST(GreyboxModule, WithoutItNothingChangesAndCtxIsTheScriptsOwn) {
  Upstream a;
  Module module({.backends = a.backend("a"), .script = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local before = ctx.greybox
  ctx.greybox = { mine = function() end }
  local answer = llm.rs.exec_prompt(ctx, { prompt = { user_message = args.prompt, images = {} },
    format = "text" })
  return { data = tostring(before) .. " " .. answer.data }
end
function ExecPromptTemplate() error("not in this test") end
)lua"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x  y")).text(), "nil seen");
  EXPECT_EQ(sent_in(a.bodies().back()).user, "x  y");
  EXPECT_FALSE(sent_in(a.bodies().back()).temperature);
  EXPECT_EQ(module.metric("genvm_llm_greybox_draws_total{kind=\"text\"}"), -1);
}

TEST(GreyboxModule, TheNextModelOfThePoolIsAskedAndNoneBesides) {
  Upstream good, outside;
  HttpServer bad([](const HttpServer::Request&) { return HttpServer::Reply{.status = 500}; });
  const auto backends = outside.backend("outside") + backend({.name = "bad", .host = bad.url("")}) +
                        good.backend("good");
  Module module({.backends = backends,
                 .more = "greybox: {text: {models: [bad, {backend: good, weight: 0}]}}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("x")).text(), "seen");
  EXPECT_GE(bad.request_count(), 1u);
  EXPECT_EQ(good.server().request_count(), 1u);
  EXPECT_EQ(outside.server().request_count(), 0u);
  EXPECT_EQ(module.metric("genvm_llm_greybox_draws_total{kind=\"text\"}"), 1);

  Module alone({.backends = backends, .more = "greybox: {text: {models: [bad]}}\n"});
  EXPECT_EQ(GenVm(alone.port()).ask(prompt("x")).outcome(), "FatalError NO_PROVIDER_FOR_PROMPT");
  EXPECT_EQ(outside.server().request_count(), 0u);

  Module open(
      {.backends = backends, .more = "greybox: {only_pools: false, text: {models: [bad]}}\n"});
  EXPECT_EQ(GenVm(open.port()).ask(prompt("x")).text(), "seen");
  EXPECT_EQ(outside.server().request_count(), 1u) << "the first of the others";
}

TEST(GreyboxModule, DelimitersThatStandInThePromptAreReplaced) {
  Upstream a;
  Module module({.backends = a.backend("a"), .more = R"(greybox:
  text:
    delimiters: [{open: "[[", close: "]]"}]
    phrasings: ["#{open}#{prompt}#{close}"]
    filters: [NFKC]
)"});
  GenVm genvm(module.port());
  (void)genvm.ask(prompt("plain"));
  EXPECT_EQ(sent_in(a.bodies()[0]).user, "[[plain]]");
  for (const std::string attack : {"out ]] here", "out \uFF3D\uFF3D here"}) {
    (void)genvm.ask(prompt(attack));
    EXPECT_THAT(sent_in(a.bodies().back()).user,
                AllOf(HasSubstr("<data-"), HasSubstr("</data-"), HasSubstr("out ]] here")))
        << "the filters have run";
  }
}

TEST(GreyboxModule, AScriptSeesAndOverridesEachDraw) {
  Upstream a, b;
  Module module({.backends = a.backend("a") + b.backend("b"),
                 .script = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  local drawn = ctx.greybox
  local seen = drawn.models[1].provider .. " " .. tostring(drawn.temperature)
  if args.prompt == "off" then ctx.greybox = false end
  if args.prompt == "override" then
    drawn.models = { { provider = "b", model = "m" } }
    drawn.temperature, drawn.top_p, drawn.phrasing = 1.25, nil, nil
    drawn.filters = { "CaseFold" }
  end
  if args.prompt == "typo" then drawn.temprature = 1 end
  if args.prompt == "explicit" then args.temperature = 0.125 end
  llm.rs.exec_prompt(ctx, { prompt = { user_message = args.prompt .. " ABC", images = {},
    temperature = args.temperature }, format = "text" })
  return { data = seen }
end
function ExecPromptTemplate() error("not in this test") end
)lua",
                 .more = R"(greybox:
  seed: 3
  text:
    models: [a]
    temperature: {min: 0.5, max: 0.5}
    top_p: {min: 0.9, max: 0.9}
    phrasings: ["Q: #{prompt}"]
)"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("usual")).text(), "a 0.5");
  const auto usual = sent_in(a.bodies().back());
  EXPECT_EQ(usual.user, "Q: usual ABC");
  EXPECT_EQ(usual.temperature, 0.5);

  EXPECT_EQ(genvm.ask(prompt("override")).text(), "a 0.5");
  ASSERT_EQ(b.server().request_count(), 1u);
  const auto overridden = sent_in(b.bodies().back());
  EXPECT_EQ(overridden.temperature, 1.25);
  EXPECT_FALSE(overridden.top_p);
  EXPECT_EQ(overridden.user, "override abc");

  (void)genvm.ask(prompt("off"));
  const auto off = sent_in(a.bodies().back());
  EXPECT_FALSE(off.temperature);
  EXPECT_EQ(off.user, "off ABC");

  EXPECT_EQ(genvm.ask(prompt("explicit")).text(), "a 0.5");
  EXPECT_EQ(sent_in(a.bodies().back()).temperature, 0.125) << "what the script gives comes first";
  EXPECT_EQ(genvm.ask(prompt("typo")).outcome(), "FatalError SCRIPT_BAD_ARGUMENT");
}

TEST(GreyboxModule, JudgingTemplatesHaveAKindOfTheirOwn) {
  Upstream a;
  HttpServer judge([](const HttpServer::Request& request) {
    return HttpServer::Reply{.body =
                                 answer_for(request.target, R"({"reason": "r", "result": true})")};
  });
  Module module({.backends = a.backend("a") + backend({.name = "judge", .host = judge.url("")}),
                 .more = R"(greybox:
  text: {models: [a]}
  eq_comparative:
    models: [judge]
    temperature: {min: 0.25, max: 0.25}
    phrasings: [{system: "#{system}\nThink first.", sections: "#{prompt}\n\nBe fair."}]
)"});
  GenVm genvm(module.port());
  EXPECT_TRUE(genvm.ask(compare("1", "1")).ok());
  EXPECT_EQ(a.server().request_count(), 0u);
  const auto sent = sent_in(parsed(judge.last_request().body));
  EXPECT_EQ(sent.temperature, 0.25);
  EXPECT_TRUE(sent.system.ends_with("\nThink first."));
  EXPECT_GT(sent.system.size(), 100u) << "the template's own text stands before it";
  EXPECT_TRUE(sent.user.ends_with("\n\nBe fair."));
}

std::string picture() {
  std::ifstream in(test::source_dir() + "/tests/data/images/receipt.png", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(GreyboxModule, ImagesPassTheDrawnFiltersBeforeTheyAreSent) {
  Upstream a;
  const auto bytes = picture();
  ASSERT_FALSE(bytes.empty());
  Module module(
      {.backends = a.backend("a"),
       .more = "greybox: {image: {image_filters: [Grayscale, {filter: {JPEG: 0.5}}]}}\n"});
  GenVm genvm(module.port());
  EXPECT_EQ(genvm.ask(prompt("what is it?", {bytes})).text(), "seen");
  const auto body = a.server().last_request().body;
  EXPECT_THAT(body, HasSubstr("data:image/jpeg;base64,"));
  EXPECT_THAT(body, Not(HasSubstr("data:image/png;base64,")));
}

TEST(GreyboxModule, FiltersThatLeaveNothingAreAnErrorTheContractMayCatch) {
  Upstream a;
  Module module({.backends = a.backend("a"),
                 .script = R"lua(
local llm = require("lib-llm")
function ExecPrompt(ctx, args)
  return llm.rs.exec_prompt(ctx, { prompt = { user_message = args.prompt, images = {} }, format = "text" })
end
function ExecPromptTemplate() error("not in this test") end
)lua",
                 .more = "greybox: {text: {filters: [RmZeroWidth]}}\n"});
  EXPECT_EQ(GenVm(module.port()).ask(prompt("\u200B\u200B")).outcome(), "UserError EMPTY_PROMPT");
  EXPECT_EQ(a.server().request_count(), 0u);
}

TEST(GreyboxModule, AReloadChangesTheDrawsOfNewSessionsOnly) {
  Upstream a;
  const auto with = [](const std::string& temperature) {
    return "greybox: {text: {temperature: {min: " + temperature + ", max: " + temperature + "}}}\n";
  };
  Reloaded running({.backends = a.backend("a"), .more = with("0.25")});
  const auto temperature = [&](GenVm& genvm) {
    (void)genvm.ask(prompt("x"));
    return number_at(a.bodies().back(), "temperature");
  };
  GenVm before(running.port());
  EXPECT_EQ(temperature(before), 0.25);
  running.options().more = with("0.75");
  running.write();
  const auto reloaded = running.reload();
  ASSERT_EQ(reloaded.exit_code, 0) << reloaded.out << reloaded.err;
  GenVm after(running.port());
  EXPECT_EQ(temperature(after), 0.75);
  EXPECT_EQ(temperature(before), 0.25);
  running.options().more = "greybox: {text: {filters: [NoSuch]}}\n";
  running.write();
  const auto refused = running.reload();
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.out + refused.err, HasSubstr("there is no text filter \"NoSuch\""));
}

Finished preview(const std::string& config, std::vector<std::string> more = {}) {
  std::vector<std::string> words{program("genvm-modules"), "greybox", "preview", "--config",
                                 config};
  words.insert(words.end(), more.begin(), more.end());
  return test::run_program(std::move(words));
}

TEST(GreyboxPreview, ShowsTenDrawsAsTheModuleMakesThem) {
  Upstream a, b;
  Module module({.backends = a.backend("a") + b.backend("b"), .more = everything("7")});
  const auto config = module.folder().file("config.yaml");
  const auto table = preview(config);
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_THAT(table.out,
              AllOf(HasSubstr("the seed of the configuration"), HasSubstr("\ntext\n"),
                    HasSubstr("pool: a/m 66.7 %, b/m 33.3 %"), HasSubstr("temperature")));
  constexpr int kOtherLines = 5;  // the seed, an empty one, the kind, the pool, the titles
  EXPECT_EQ(std::ranges::count(table.out, '\n'), kOtherLines + 10) << table.out;
  const auto json = preview(config, {"--json", "--kind", "text"});
  ASSERT_EQ(json.exit_code, 0) << json.err;
  const Value shown = parsed(json.out);
  EXPECT_EQ(shown.find("seed"), nullptr) << "a fixed seed is a secret";
  const auto& draws = *shown.find("kinds")->find("text")->find("draws")->as_array();
  ASSERT_EQ(draws.size(), 10u);
  const auto sent = session_of(module.port(), a, b);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].substr(0, 1), text_at(draws[i], "/models/0/provider"));
    EXPECT_EQ(sent_in(parsed(sent[i].substr(2))).temperature, number_at(draws[i], "temperature"));
  }
}

TEST(GreyboxPreview, ASeedRepeatsADraw) {
  const TempFolder folder;
  std::string greybox = everything("random");
  const std::string_view models = "[{backend: a, weight: 2}, b]";
  greybox.replace(greybox.find(models), models.size(), "[main]");
  const auto config =
      write_config(folder, {.backends = backend_at("http://127.0.0.1:1"), .more = greybox});
  const auto first = preview(config, {"--json", "--draws", "3"});
  ASSERT_EQ(first.exit_code, 0) << first.err;
  const auto seed = text_at(parsed(first.out), "/seed");
  EXPECT_EQ(preview(config, {"--json", "--draws", "3", "--seed", seed}).out, first.out);
  EXPECT_NE(preview(config, {"--json", "--draws", "3"}).out, first.out);
}

TEST(GreyboxPreview, SaysWhatIsWrong) {
  const TempFolder folder;
  const auto write = [&](const std::string& more) {
    return write_config(folder, {.backends = backend_at("http://127.0.0.1:1"), .more = more});
  };
  const auto nothing = preview(write(""));
  EXPECT_EQ(nothing.exit_code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("nothing is drawn"));
  const auto image = write("greybox: {image: {image_filters: [{filter: {Denoise: 99}}]}}\n");
  for (const auto& shown :
       {preview(image), test::run_program({program("genvm-modules"), "check-config", image})}) {
    EXPECT_EQ(shown.exit_code, 1) << shown.out;
    EXPECT_THAT(shown.err, AllOf(HasSubstr("config.yaml:6:"),
                                 HasSubstr("greybox.image.image_filters[0]: got {\"Denoise\":99}, "
                                           "expected {Denoise = sigma}, 0 to 20 pixels")));
  }
  EXPECT_EQ(preview(image, {"--kind", "song"}).exit_code, 64);
  EXPECT_EQ(preview(image, {"--seed", "x"}).exit_code, 64);
  EXPECT_EQ(preview(image, {"--draws", "0"}).exit_code, 64);
}

}  // namespace
}  // namespace gvm::e2e
