// A real, small language model on this machine, in the forms of two providers. Its answers make
// little sense; the test claims that they come and are counted.
#include <gtest/gtest.h>

#include <filesystem>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

const std::string kPython = test::source_dir() + "/build/venv/bin/python";

// "ready http://127.0.0.1:PORT model=NAME"
struct ModelServer {
  ModelServer()
      : process({kPython, test::source_dir() + "/scripts/model/serve.py", "--model", "smollm2",
                 "--port", "0"}) {
    const auto ready = process.wait_for_line("ready ", 60s);
    if (!ready) {
      why_not = process.err();
      return;
    }
    const auto space = ready->find(' ', 6);
    url = ready->substr(6, space - 6);
    model = ready->substr(ready->find("model=") + 6);
  }
  test::Process process;
  std::string url;  // empty: it does not start
  std::string model;
  std::string why_not;
};

void expect_an_answer_from(const ModelServer& server, const std::string& provider) {
  BackendSpec spec{.host = server.url,
                   .provider = provider,
                   .models = "{" + server.model +
                             ": {max_tokens: {ceiling: 24}, sampling: {temperature: {max: 0}}}}"};
  Module module({.backends = backend(spec)});
  GenVm genvm(module.port(), hello_a(), 240s);
  const Reply reply = genvm.ask(prompt("What is the capital of France?"));
  ASSERT_TRUE(reply.ok()) << reply.shown;
  EXPECT_FALSE(reply.text().empty()) << provider;
  const std::string labels = R"({backend="main",model=")" + server.model + R"(",kind=")";
  EXPECT_GT(module.metric("genvm_llm_tokens_total" + labels + "input\"}"), 0) << provider;
  EXPECT_GT(module.metric("genvm_llm_tokens_total" + labels + "output\"}"), 0) << provider;
}

TEST(RealModel, AnswersInTheOpenAiAndTheAnthropicForm) {
  if (!std::filesystem::exists(kPython))
    GTEST_SKIP() << "no " << kPython << ": run scripts/model/setup.sh --small";
  const ModelServer server;
  if (server.url.empty()) GTEST_SKIP() << "the model does not start: " << server.why_not;
  expect_an_answer_from(server, "openai-compatible");
  expect_an_answer_from(server, "anthropic");
}

}  // namespace
}  // namespace gvm::e2e
