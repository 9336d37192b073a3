#pragma once
// What the functions of a test file work on: the module under test, made anew for each test, and
// the backends it talks to.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/front/mock_backends.h"
#include "apps/front/mock_dns.h"
#include "apps/front/mock_sites.h"
#include "apps/front/script_world.h"
#include "base/deadline.h"
#include "config/environment.h"
#include "config/web_config.h"
#include "script/script.h"

namespace gvm::apps {

class ScriptBench {
 public:
  struct Files {
    std::string script;
    std::string test;
    std::string config;  // or empty: the test file's own
  };
  explicit ScriptBench(Files files);

  // The test file's own configuration; before the first test.
  void set_config(std::string yaml) { own_config_ = std::move(yaml); }
  // What the test file calls: require("script-test") has it as "test.rs".
  script::HostTable functions();

  // A new module with no plans and no session. An error: it does not start; one line a fault.
  Result<void> begin_test(Deadline deadline);
  void end_test();
  // What the module has sent, to backends or to sites.
  std::vector<Value> sent() const;
  // The module did not answer in time: its threads cannot be joined.
  bool is_stuck() const { return stuck_; }

 private:
  using Args = script::HostFunction::Args;
  struct Built {
    ScriptWorld::Make make;
    net::HttpClientOptions http;
  };
  Result<Built> build(std::string_view yaml, const std::string& name);
  Result<Built> build_llm(std::string_view yaml, const std::string& name);
  Result<Built> build_web(std::string_view yaml, const std::string& name);
  void take(config::WebConfig& config) const;
  config::ModuleKind kind() const;
  MockReply answer(const MockRequest& request);
  std::vector<std::string> unplanned() const;
  Result<void> begin_session(Value hello);
  Result<Value> ask(std::string_view kind, Value payload);
  Result<Value> plan(const Value& plan);
  Result<Value> plan_site(const Value& plan);
  Result<Value> file(std::string_view name) const;
  std::chrono::milliseconds left() const;

  Files files_;
  config::Environment environment_;
  std::optional<std::string> own_config_;
  std::optional<ScratchFolder> data_;
  Deadline deadline_ = Deadline::never();
  bool has_session_ = false;
  bool stuck_ = false;
  MockBackends backends_;
  MockSites sites_;
  MockServer server_{[this](const MockRequest& request) { return answer(request); }};
  std::optional<MockDns> dns_;          // of the web module
  std::unique_ptr<ScriptWorld> world_;  // before its backends are gone
};

}  // namespace gvm::apps
