// Runs tests/lua/llm/*.lua: the module's choice of a model as a script sees it, in a real module.
#include <gtest/gtest.h>

#include <sstream>

#include "e2e/money.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

using mock::MockUpstream;

const std::string kTests = test::source_dir() + "/tests/lua";

// What the file's first lines say.
struct World {
  World() {
    must_take(limited,
              R"({"rules": [{"fault": {"status": 429, "headers": {"retry-after": "2"}}}]})");
    must_take(claims, R"({"rules": [{"when": {"json": true}, "fault": {"status": 400, "body":
      {"text": "{\"error\": {\"message\": \"'response_format' is not supported\", \"param\": \"response_format\", \"code\": \"unsupported_parameter\"}}"}}}]})");
  }

  Module start() const {
    const std::string all = "{m: {supports_json: true, supports_image: true}}";
    const std::string json = "{m: {supports_json: true}}";
    const auto at = [](const MockUpstream& upstream, std::string name, std::string models,
                       int priority, std::string more = {}) {
      return backend({.name = std::move(name),
                      .host = upstream.url(),
                      .models = std::move(models),
                      .priority = priority,
                      .more = std::move(more)});
    };
    return Module(
        {.backends = at(a, "a", all, 2, "key: first-key, keys: [second-key]") +
                     at(b, "b", "{m: {context_length: 2000}}", 1, "weight: 3") +
                     at(dear, "dear", "{gold: {supports_json: true, supports_image: true}}", 1) +
                     at(limited, "limited", json, 0) + at(claims, "claims", json, 0),
         .script = "require(\"llm.route_test\")",
         .more = "lua_path: \"" + std::string(kTests) + "/?.lua\"\npricing: {file: \"" + prices +
                 "\"}\nrouting: {max_cost: 0.5, deadline: 1s, attempts: 4}\n"});
  }

  MockUpstream a{{.name = "a"}}, b{{.name = "b"}}, dear{{.name = "dear"}},
      limited{{.name = "limited"}}, claims{{.name = "claims"}};
  TempFolder folder;
  std::string prices = folder.write("prices.yaml",
                                    "models:\n  - {model: m, input: 3, output: 15}\n"
                                    "  - {model: gold, input: 2000, output: 10000}\n");
};

std::vector<std::string> names_of_tests(const World& world) {
  const Module module = world.start();
  GenVm genvm(module.port());
  std::istringstream names(genvm.ask(prompt("names")).text());
  return {std::istream_iterator<std::string>(names), {}};
}

TEST(RouteScript, Passes) {
  const World world;
  const auto names = names_of_tests(world);
  ASSERT_GE(names.size(), 10u);
  for (const auto& name : names) {
    // What one test makes the module learn must not affect the next one.
    const Module module = world.start();
    GenVm genvm(module.port());
    const Reply reply = genvm.ask(prompt(name));
    EXPECT_TRUE(reply.ok()) << name << ": " << reply.shown;
  }
}

}  // namespace
}  // namespace gvm::e2e
