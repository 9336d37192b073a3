#pragma once
// The manager below an installation's root made for the test, driven over HTTP as hosts do.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/http_server.h"
#include "support/process.h"

namespace gvm::e2e {

struct HttpReply {
  int status = 0;
  std::string head;
  std::string body;
  Value json;                                    // null when the body is none
  std::string word(std::string_view key) const;  // of a JSON object; empty when absent
};
// One request on a connection of its own.
HttpReply http_call(std::uint16_t port, std::string_view method, std::string_view path,
                    std::string_view body = {}, std::string_view more_headers = {});

// A configuration as a host sends it: the shipped file with these backends and ports.
struct SentConfig {
  std::string backends = "{}";  // JSON
  std::string bind_address = "127.0.0.1:0";
  std::string script = {};  // path; empty: the shipped one
  std::string more = {};    // further members, each with a comma in front
};

class ManagerUnderTest {
 public:
  // Where the programs are: in the build, or copied below a root of the test's own, with the
  // shipped files in config, as an installation has them.
  enum class Root { of_the_build, own };
  explicit ManagerUnderTest(std::vector<std::string> arguments = {},
                            Root root = Root::of_the_build);
  // SIGINT; fails the test when the manager does not end well.
  ~ManagerUnderTest();

  std::uint16_t port() const { return port_; }
  const TempFolder& root() const { return root_; }
  test::Process& process() { return process_; }
  // The test has killed it.
  void expect_killed() { killed_ = true; }

  std::string llm_config(const SentConfig& sent) const;  // JSON
  // The shipped script without a browser, with further members, each with a comma in front. It may
  // reach the test's own servers.
  std::string web_config(std::string_view more = {},
                         std::string_view bind_address = "127.0.0.1:0") const;
  HttpReply module(std::string_view call, std::string_view type, std::string_view config = "null",
                   std::string_view more = {}) const;
  HttpReply status() const { return http_call(port_, "GET", "/status"); }
  // Where the LLM or web module listens; 0: it does not.
  std::uint16_t module_port(std::string_view name) const;
  Value module_status(std::string_view name) const;
  pid_t module_pid(std::string_view name) const;  // throws when it does not run
  // One of the counts in the module's status.
  std::int64_t count(std::string_view name, std::string_view which) const;

 private:
  TempFolder root_;
  test::Process process_;
  std::uint16_t port_ = 0;
  bool killed_ = false;
};

// The OpenAI form of one text, to every request.
test::HttpServer answering(std::string text, std::chrono::milliseconds delay = 0ms);
// Backends of one model, "m", of a server in the OpenAI form; more members of the backend, each
// with a comma in front.
std::string backends_at(const test::HttpServer& server, std::string_view more = {});

// A manager whose LLM module runs, and the server that answers its prompts.
class RunningLlm {
 public:
  explicit RunningLlm(std::string answer = "x", std::chrono::milliseconds delay = 0ms,
                      std::vector<std::string> arguments = {});

  test::HttpServer upstream;
  ManagerUnderTest manager;
  const std::string config;  // that it was started with

  std::uint16_t port() const { return manager.module_port("llm"); }
  pid_t pid() const { return manager.module_pid("llm"); }
  // What a new session of generation B gets for a prompt.
  std::string ask() const { return GenVm(port(), hello_b()).ask(prompt("x")).text(); }
  HttpReply restart(std::string_view with) const { return manager.module("restart", "Llm", with); }
};

}  // namespace gvm::e2e
